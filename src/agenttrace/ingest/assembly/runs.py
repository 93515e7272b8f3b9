"""Which session a row belongs to: key sets first, then different runs that share their ids.

Two sources may name different runs by the same keys (a seeded client repeats its trace ids). They are
told apart by substance: where sources share span ids but not the time of those spans, they are
different runs; sources that share nothing go to the run that is nearest in time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Severity

_COLLISION = "this and another source share ids but not times: kept apart as different runs"

Affinities: TypeAlias = Mapping[str, Collection[tuple[int, int]]]
"""For a set of keys, pairs of sources that are views of one run."""

Runs: TypeAlias = dict[tuple[str, int], int]
"""For a set of keys and a source which run of the set's the source has seen: 0 is the earliest."""


def assign_runs(
    spans: pl.DataFrame,
    seen: Iterable[tuple[str, int]],
    set_of: Mapping[str, str],
    alike: Affinities,
    ledger: Ledger,
) -> Runs:
    """The runs of all sets that have spans. `seen`: session keys and sources of the spans; `set_of`: of each key.

    `alike`: for each set the pairs of sources that saw the same requests, and so belong to one run.
    """
    runs = {(set_of[key], origin): 0 for key, origin in seen}
    times = Counter(name for name, _ in runs)
    if max(times.values(), default=0) < 2:
        return runs
    sets = pl.DataFrame(
        [pair for pair in set_of.items() if times[pair[1]] > 1],
        schema={"session_key": pl.String, "set": pl.String},
        orient="row",
    )
    shared = spans.join(sets, on="session_key")
    conflicts = _conflicts(shared)
    if not conflicts:
        return runs
    parts = shared.group_by("set", "origin").agg(
        low=pl.min_horizontal(pl.col("start_ns").min(), pl.col("end_ns").min()),
        high=pl.max_horizontal(pl.col("start_ns").max(), pl.col("end_ns").max()),
    )
    held = _parents_elsewhere(shared.filter(pl.col("set").is_in(list(conflicts))))
    for name, pairs in conflicts.items():
        extents = parts.filter(pl.col("set") == name).select("origin", "low", "high").rows()
        together = {*alike.get(name, ()), *held.get(name, ())}
        runs |= {(name, origin): run for origin, run in _separate(extents, pairs, together)}
        path = min((ledger.paths[origin] for pair in pairs for origin in pair), default=None)
        ledger.add("id_collision", Severity.WARNING, _COLLISION, path=path)
    return runs


def _conflicts(spans: pl.DataFrame) -> dict[str, set[tuple[int, int]]]:
    """Pairs of origins of a set that mostly disagree on when their shared spans happened."""
    bounds = spans.select(
        "set",
        "span_key",
        "origin",
        low="start_ns",
        high="end_ns",
    ).drop_nulls(["low", "high"])
    pairs = bounds.join(bounds, on=["set", "span_key"]).filter(pl.col("origin") < pl.col("origin_right"))
    agree = (pl.col("low") <= pl.col("high_right") + TOLERANCE_NS) & (
        pl.col("low_right") <= pl.col("high") + TOLERANCE_NS
    )
    votes = pairs.group_by("set", "origin", "origin_right").agg(agree=agree.mean())
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name, a, b in votes.filter(pl.col("agree") < 0.5).select("set", "origin", "origin_right").iter_rows():
        found[name] |= {(a, b), (b, a)}
    return dict(found)


def _parents_elsewhere(spans: pl.DataFrame) -> Affinities:
    """Pairs of sources of which one has the parents of the other's spans, around them in time."""
    bounds = spans.select("set", "origin", "start_ns", "end_ns", "span_key", "parent_key")
    held = (
        bounds.drop_nulls(["parent_key", "start_ns", "end_ns"])
        .join(bounds, left_on=["set", "parent_key"], right_on=["set", "span_key"], suffix="_parent")
        .filter(pl.col("origin") != pl.col("origin_parent"))
        .with_columns(
            inside=(pl.col("start_ns") >= pl.col("start_ns_parent") - TOLERANCE_NS)
            & (pl.col("end_ns") <= pl.col("end_ns_parent") + TOLERANCE_NS)
        )
        .group_by("set", "origin", "origin_parent")
        .agg(inside=pl.col("inside").mean())
        .filter(pl.col("inside") > 0.5)
    )
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name, a, b in held.select("set", "origin", "origin_parent").iter_rows():
        found[name].add((a, b))
    return dict(found)


@dataclass(slots=True)
class _Run:
    """Sources that are one run, and its extent."""

    members: list[int]
    low: int
    high: int

    def distance(self, other: _Run) -> int:
        """The time between two runs; 0 where they overlap."""
        return max(self.low - other.high, other.low - self.high, 0)

    def disagrees(self, other: _Run, conflicts: set[tuple[int, int]]) -> bool:
        """Whether a source of the one conflicts with one of the other."""
        return any((a, b) in conflicts for a in self.members for b in other.members)

    def take(self, other: _Run) -> None:
        """Both are one."""
        self.members += other.members
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)


def _separate(
    extents: list[tuple[int, int | None, int | None]],
    conflicts: set[tuple[int, int]],
    together: set[tuple[int, int]],
) -> list[tuple[int, int]]:
    """Sources that belong together first; then in order of time: the nearest run without a conflict, or a new one."""
    parts = {origin: _Run([origin], low or 0, high or 0) for origin, low, high in extents}
    for a, b in sorted(together):
        one, other = parts.get(a), parts.get(b)
        if one is not None and other is not None and one is not other and not one.disagrees(other, conflicts):
            one.take(other)
            parts.update(dict.fromkeys(other.members, one))
    runs: list[_Run] = []
    for part in sorted({id(p): p for p in parts.values()}.values(), key=lambda p: (p.low, p.high, p.members)):
        free = [run for run in runs if not run.disagrees(part, conflicts)]
        if free:
            min(free, key=part.distance).take(part)
        else:
            runs.append(part)
    return [(origin, number) for number, run in enumerate(runs) for origin in run.members]
