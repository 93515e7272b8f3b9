"""Before sessions are numbered: which sources speak of one run, and whose clock is to be believed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import PurePath

import polars as pl

from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.runs import name_sets
from agenttrace.ingest.joining.candidates import PAIRS, requests_of, same_ids, same_tokens
from agenttrace.ingest.joining.clocks import Offset, settle
from agenttrace.ingest.joining.rest import by_time
from agenttrace.model.vocabulary import Evidence, Severity
from agenttrace.units import format_duration

_FEWEST = 3
_SHARE = 0.6
"""Without a common id, sessions are one if at least so many requests, and this share of the smaller one's, agree."""


@dataclass(frozen=True, slots=True)
class Matches:
    """`pairs`: rows `a` and `b` of the raw spans that are one request."""

    pairs: pl.DataFrame


def match_views(frames: Frames, views: list[str], ledger: Ledger) -> tuple[Frames, Matches]:
    """The frames with the sessions that are one joined, and their clocks brought together.

    `views`: of each source its format and dialects; sources alike in these see the same side of a run.
    """
    requests = requests_of(frames.spans)
    stated = same_ids(requests)
    pairs, offsets = settle(stated, frames.spans)
    whose = _sets_of(requests, frames)
    guessed = pairs.clear()
    if len(set(views)) > 1:
        guessed, more = settle(same_tokens(requests, pairs, views), frames.spans)
        guessed = _of_joined_sessions(guessed, whose)
        known = {(offset.origin, offset.reference) for offset in offsets}
        origins = frames.spans.get_column("origin")
        used = set(origins.gather(guessed.get_column("a"))) | set(origins.gather(guessed.get_column("b")))
        offsets += [o for o in more if (o.origin, o.reference) not in known and o.origin in used]
        pairs = pl.concat([pairs, guessed])
    if pairs.is_empty():
        return frames, Matches(pairs.cast(PAIRS))
    shifted = _with_clocks(frames, offsets, ledger)
    if not guessed.is_empty():
        pairs = pl.concat([pairs, by_time(pairs, shifted.spans, views, whose)])
    return replace(shifted, key_edges=_with_edges(shifted, pairs)), Matches(pairs)


def _sets_of(requests: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Row, set of keys, and origin of each request."""
    sets = name_sets(frames, strong_only=True)
    return requests.join(sets, on="session_key", maintain_order="left").select("row", "set", "origin")


def _of_joined_sessions(pairs: pl.DataFrame, whose: pl.DataFrame) -> pl.DataFrame:
    """The pairs of sessions that so many of them speak for that chance does not explain it."""
    sized = whose.with_columns(size=pl.len().over("set", "origin"))
    both = (
        pairs.join(sized.rename({"row": "a"}), on="a")
        .join(sized.rename({"row": "b"}), on="b", suffix="_b")
        .with_columns(votes=pl.len().over("set", "origin", "set_b", "origin_b"))
    )
    smaller = pl.min_horizontal("size", "size_b")
    enough = (pl.col("votes") >= pl.min_horizontal(pl.lit(_FEWEST), smaller)) & (
        pl.col("votes") >= _SHARE * smaller
    )
    return both.filter(enough).select(pairs.columns)


def _with_edges(frames: Frames, pairs: pl.DataFrame) -> pl.DataFrame:
    keys = frames.spans.get_column("session_key")
    edges = pl.DataFrame(
        {"key_a": keys.gather(pairs.get_column("a")), "key_b": keys.gather(pairs.get_column("b"))}
    ).unique()
    edges = edges.filter(pl.col("key_a") != pl.col("key_b"))
    made = edges.with_columns(strong=pl.lit(value=True), origin=pl.lit(0, pl.Int32))
    return pl.concat([frames.key_edges, made.select(frames.key_edges.columns)])


def _with_clocks(frames: Frames, offsets: list[Offset], ledger: Ledger) -> Frames:
    """Every source in the time of the client's clock; instants that moved are estimated."""
    ahead = _from_the_client(offsets)
    if not ahead:
        return frames
    for origin, (total_ns, offset) in sorted(ahead.items()):
        ledger.add(
            "clock_shifted",
            Severity.WARNING,
            f"its clock is {format_duration(abs(total_ns))} {'ahead of' if total_ns > 0 else 'behind'} that of "
            f"{PurePath(ledger.paths[offset.reference]).name}, ± {format_duration(offset.error_ns)} by "
            f"{offset.requests} requests: corrected",
            path=ledger.paths[origin],
        )
    back = pl.DataFrame(
        {"origin": list(ahead), "back_ns": [total for total, _ in ahead.values()]},
        schema={"origin": pl.Int32, "back_ns": pl.Int64},
    )
    return replace(
        frames,
        spans=_moved(
            frames.spans, back, ("start_ns", "end_ns", "first_token_ns"), ("start_evidence", "end_evidence")
        ),
        marks=_moved(frames.marks, back, ("t_ns",), ("evidence",)),
        links=_moved(frames.links, back, ("at_ns",), ()),
    )


def _from_the_client(offsets: list[Offset]) -> dict[int, tuple[int, Offset]]:
    """Of each source whose clock differs, by how much in all, along the chain of its references."""
    by_origin: dict[int, Offset] = {}
    for offset in sorted(offsets, key=lambda offset: -offset.requests):
        by_origin.setdefault(offset.origin, offset)
    totals: dict[int, tuple[int, Offset]] = {}
    for origin, offset in by_origin.items():
        total, at, seen = 0, origin, set[int]()
        while at in by_origin and at not in seen:
            seen.add(at)
            total += by_origin[at].ahead_ns
            at = by_origin[at].reference
        totals[origin] = total, offset
    return {origin: found for origin, found in totals.items() if found[0]}


def _moved(
    frame: pl.DataFrame, back: pl.DataFrame, instants: tuple[str, ...], evidence: tuple[str, ...]
) -> pl.DataFrame:
    joined = frame.join(back, on="origin", how="left", maintain_order="left")
    moves = pl.col("back_ns").is_not_null()
    sure = [Evidence.MEASURED.value, Evidence.DERIVED.value]
    return joined.with_columns(
        *(pl.col(name) - pl.col("back_ns").fill_null(0) for name in instants),
        *(
            pl.when(moves & pl.col(name).is_in(sure))
            .then(pl.lit(Evidence.ESTIMATED.value))
            .otherwise(pl.col(name).cast(pl.String))
            .cast(frame.schema[name])
            .alias(name)
            for name in evidence
        ),
    ).drop("back_ns")


def affinities(frames: Frames, matches: Matches, sets: pl.DataFrame) -> dict[str, set[tuple[int, int]]]:
    """For each set of keys the pairs of sources that saw the same requests."""
    if matches.pairs.is_empty():
        return {}
    origins, keys = frames.spans.get_column("origin"), frames.spans.get_column("session_key")
    named = pl.DataFrame(
        {
            "a": origins.gather(matches.pairs.get_column("a")),
            "b": origins.gather(matches.pairs.get_column("b")),
            "session_key": keys.gather(matches.pairs.get_column("a")),
        }
    ).join(sets, on="session_key")
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name, a, b in named.filter(pl.col("a") != pl.col("b")).select("set", "a", "b").unique().iter_rows():
        found[name].add((a, b))
    return dict(found)
