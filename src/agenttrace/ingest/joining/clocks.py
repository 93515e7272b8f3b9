"""How far the clocks of two sources differ, told from requests that both saw.

Of two views of one request, one lies within the other: the client sends before the server receives, and
receives after the server has sent. So each request bounds the difference between the clocks, from the difference
of the starts to that of the ends; a difference within the bounds of all requests explains them all, and where
zero does, the clocks agree. (The method of Cristian's algorithm, with a bound for each request; what is left
between the bounds is the error.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.frames import TOLERANCE_NS, Frames
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Evidence, Severity
from agenttrace.units import format_duration

_LOOSE_NS = 1_000_000_000
"""Where a bound is none (a transcript knows when it wrote, not when the stream ended), it may be off by so much."""

_FEW, _FEW_NS, _MOST_NS = 3, 300 * 10**9, 86_400 * 10**9
"""Fewer requests than that prove no difference larger than this; and none proves more than a day."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The clock of `origin` is `ahead_ns` ahead of that of `reference`, give or take `error_ns`.

    `longer`: how much longer the requests are as `reference` saw them, of which so many tell it.
    """

    origin: int
    reference: int
    ahead_ns: int
    error_ns: int
    requests: int
    longer: float = 1.0

    def turned(self) -> Offset:
        """The same, from the other one's side."""
        return replace(
            self,
            origin=self.reference,
            reference=self.origin,
            ahead_ns=-self.ahead_ns,
            longer=1 / self.longer,
        )

    def beyond(self, further: Offset) -> Offset:
        """How far `origin` is ahead of what `reference` is compared with."""
        return Offset(
            self.origin,
            further.reference,
            self.ahead_ns + further.ahead_ns,
            self.error_ns + further.error_ns,
            min(self.requests, further.requests),
            self.longer * further.longer,
        )


def settle(pairs: pl.DataFrame, requests: pl.DataFrame) -> tuple[pl.DataFrame, list[Offset]]:
    """The pairs that one difference of clocks explains, and the differences, also where clocks agree.

    The reference of two clocks is the one whose requests contain those of the other: the client's.
    """
    timed = _bounds(pairs, requests)
    low, high = (timed.get_column(name).to_numpy() for name in ("low", "high"))
    lengths = [timed.get_column(name).to_numpy() for name in ("length", "length_b")]
    measured = timed.get_column("measured").to_numpy()
    kept = np.zeros(timed.height, np.bool_)
    offsets: list[Offset] = []
    for a, b, first, end in _runs(timed.get_column("origin"), timed.get_column("origin_b")):
        here = slice(first, end)
        ahead, kept[here] = _agreed(low[here], high[here], measured[here], same_clock=a == b)
        found = int(np.count_nonzero(kept[here]))
        if a != b and found:
            own, other = (max(1, int(each[here][kept[here]].sum())) for each in lengths)
            told = Offset(b, a, *ahead, found, own / other)
            offsets.append(told if own >= other else told.turned())
    return timed.filter(kept).select(pairs.columns), offsets


def _runs(a: pl.Series, b: pl.Series) -> Iterator[tuple[int, int, int, int]]:
    """Of two sorted columns: each pair of values, and from where to before where it stands."""
    one, other = a.to_numpy(), b.to_numpy()
    begins = np.flatnonzero(np.diff(one, prepend=-1) | np.diff(other, prepend=-1))
    ends = np.append(begins[1:], len(one))[: len(begins)]
    for first, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield int(one[first]), int(other[first]), first, end


def _bounds(pairs: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """The pairs whose bounds are known: `low` and `high` of how far b is ahead, `measured`, and the lengths."""
    measured = (pl.col("start_evidence") == "measured") & (pl.col("end_evidence") == "measured")
    facts = requests.select("row", "origin", "start_ns", "end_ns", measured=measured.fill_null(value=False))
    both = pairs.join(facts.rename({"row": "a"}), on="a").join(
        facts.rename({name: f"{name}_b" for name in facts.columns} | {"row": "b"}), on="b"
    )
    starts, ends = pl.col("start_ns_b") - pl.col("start_ns"), pl.col("end_ns_b") - pl.col("end_ns")
    return (
        both.drop_nulls(["start_ns", "end_ns", "start_ns_b", "end_ns_b"])
        .with_columns(
            low=pl.min_horizontal(starts, ends),
            high=pl.max_horizontal(starts, ends),
            measured=pl.col("measured") & pl.col("measured_b"),
            length=pl.col("end_ns") - pl.col("start_ns"),
            length_b=pl.col("end_ns_b") - pl.col("start_ns_b"),
        )
        .sort("origin", "origin_b", "a", "b")
    )


def _agreed(
    low: NDArray[np.int64], high: NDArray[np.int64], measured: NDArray[np.bool_], *, same_clock: bool
) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """How far b is ahead and the error; and which of the pairs this explains, none where it is unbelievable."""
    slack = np.where(measured, TOLERANCE_NS, _LOOSE_NS)
    low, high = low - slack, high + slack
    sure = measured if measured.any() else ~measured
    ahead, error = (0, 0) if same_clock else common_point(low[sure], high[sure])
    found = (low <= ahead) & (high >= ahead)
    most_ns = _FEW_NS if np.count_nonzero(found) < _FEW else _MOST_NS
    if abs(ahead) > most_ns:
        return (0, 0), np.zeros_like(found)
    return (ahead, error), found


def common_point(low: NDArray[np.int64], high: NDArray[np.int64]) -> tuple[int, int]:
    """A point in as many of the intervals as any, and how far it may be off; 0 if nine in ten hold it."""
    at_zero = np.count_nonzero((low <= 0) & (high >= 0))
    points = np.concatenate([low, high])
    steps = np.concatenate([np.ones(len(low), np.int64), np.full(len(high), -1, np.int64)])
    order = np.lexsort((-steps, points))
    depth = np.cumsum(steps[order])
    most = int(depth.max())
    if at_zero * 10 >= most * 9:
        return 0, 0
    first = int(np.argmax(depth))
    begin, end = int(points[order[first]]), int(points[order[first + 1]])
    return (begin + end) // 2, (end - begin + 1) // 2


def from_the_client(offsets: Sequence[Offset]) -> dict[int, tuple[int, Offset]]:
    """Of each source whose clock differs from the client's by more than the error, by how much, and how that is known.

    The client is, of all sources that are compared with each other, the one that saw the longest requests. Where
    sources are compared in several ways, by the most requests.
    """
    beside: dict[int, list[Offset]] = defaultdict(list)
    joined: dict[int, int] = {}
    for offset in sorted(offsets, key=lambda told: (-told.requests, told.origin, told.reference)):
        ends = [_joined(joined, origin) for origin in (offset.origin, offset.reference)]
        if ends[0] != ends[1]:
            joined[ends[0]] = ends[1]
            beside[offset.reference].append(offset)
            beside[offset.origin].append(offset.turned())
    found: dict[int, tuple[int, Offset]] = {}
    for client in _clients(beside):
        for origin, offset in _seen_from(client, beside).items():
            if abs(offset.ahead_ns) > offset.error_ns:
                found[origin] = offset.ahead_ns, offset
    return found


def _joined(joined: Mapping[int, int], origin: int) -> int:
    while origin in joined:
        origin = joined[origin]
    return origin


def _clients(beside: Mapping[int, Sequence[Offset]]) -> Iterator[int]:
    """One of each group of sources."""
    left = sorted(beside)
    while left:
        seen = _seen_from(left[0], beside)
        longer = {left[0]: 1.0} | {origin: 1 / offset.longer for origin, offset in seen.items()}
        yield max(sorted(longer), key=lambda origin: longer[origin])
        left = [origin for origin in left if origin not in longer]


def _seen_from(client: int, beside: Mapping[int, Sequence[Offset]]) -> dict[int, Offset]:
    """Of every other source of a group how its clock differs from this one's."""
    found: dict[int, Offset] = {}
    ahead = [*beside[client]]
    while ahead:
        offset = ahead.pop()
        found[offset.origin] = offset
        ahead += [
            near.beyond(offset) for near in beside[offset.origin] if near.origin not in (client, *found)
        ]
    return found


def report_clocks(ahead: Mapping[int, tuple[int, Offset]], ledger: Ledger) -> None:
    """A finding for each source whose clock is corrected."""
    for origin, (total_ns, offset) in sorted(ahead.items()):
        ledger.add(
            "clock_shifted",
            Severity.WARNING,
            f"its clock is {format_duration(abs(total_ns))} {'ahead of' if total_ns > 0 else 'behind'} that of "
            f"{PurePath(ledger.paths[offset.reference]).name}, ± {format_duration(offset.error_ns)} by "
            f"{offset.requests} requests: corrected",
            path=ledger.paths[origin],
        )


def in_one_time(frames: Frames, ahead: Mapping[int, tuple[int, Offset]]) -> Frames:
    """Every source in the time of the client's clock; instants that moved are estimated."""
    if not ahead:
        return frames
    bounds = ("start_ns", "end_ns", "first_token_ns")
    return replace(
        frames,
        spans=moved_back(frames.spans, ahead, bounds, ("start_evidence", "end_evidence")),
        marks=moved_back(frames.marks, ahead, ("t_ns",), ("evidence",)),
        links=moved_back(frames.links, ahead, ("at_ns",)),
    )


def moved_back(
    frame: pl.DataFrame,
    ahead: Mapping[int, tuple[int, Offset]],
    instants: Sequence[str],
    evidence: Sequence[str] = (),
) -> pl.DataFrame:
    """The frame with these instants in the client's time, and with the evidence of what moved."""
    if not ahead:
        return frame
    back = pl.DataFrame(
        {"origin": list(ahead), "back_ns": [total for total, _ in ahead.values()]},
        schema={"origin": pl.Int32, "back_ns": pl.Int64},
    )
    joined = frame.join(back, on="origin", how="left", maintain_order="left")
    sure = [Evidence.MEASURED.value, Evidence.DERIVED.value]
    return joined.with_columns(
        *(pl.col(name) - pl.col("back_ns").fill_null(0) for name in instants),
        *(
            pl.when(pl.col("back_ns").is_not_null() & pl.col(name).is_in(sure))
            .then(pl.lit(Evidence.ESTIMATED.value))
            .otherwise(pl.col(name).cast(pl.String))
            .cast(frame.schema[name])
            .alias(name)
            for name in evidence
        ),
    ).drop("back_ns")
