"""What of an analysis may be looked at, whatever else it is gathered with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TypeAlias

import polars as pl

from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.measures.serving import coarser
from agenttrace.critical_path.slowness import slowest
from agenttrace.critical_path.tail.positions import added_by_position, added_by_turn
from agenttrace.critical_path.what_if.ranking import looked_at_first

DETAILED_SESSIONS = 100
DETAILED_REQUESTS = 100_000
"""The slowest sessions have their lists, as long as they have no more requests than these together."""
HEAVIEST_ROWS = 2_000
EXACT_LATENCIES = 300_000

OF_EVERY_SESSION = ("sessions", "parts", "readings", "what_if")
"""Tables of which every row counts."""

_OF_THE_SLOWEST = ("turns", "top", "near_critical", "compactions")

WEIGHTS = {"joins": "wall_ns", "cache_misses": "tokens"}
"""Lists that are shown over all sessions, and what a row of each weighs."""

_ADDED_UP: Mapping[str, tuple[Sequence[str], str | Sequence[str]]] = {
    "shares": (("phase", "evidence"), "length_ns"),
    "concurrency": (("running",), "length_ns"),
    "tools": (("name",), ("calls", "busy_ns", "critical_ns", "sessions")),
    "latencies": (("priority", "measure", "value_ns"), "count"),
}
"""Tables of which sums are shown over all sessions: by what they are added up, and which columns."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Below which nothing will be looked at: active times of sessions, and weights of rows. `coarse`: see `coarser`."""

    active_ns: int | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    coarse: bool = False


@dataclass(frozen=True)
class Chosen:
    """Sessions that have their lists: the slowest ones, and those that are kept whatever they are.

    `floor_ns`: no session with less will be among the slowest; null where one still may.
    """

    slowest: frozenset[str]
    keep: frozenset[str]
    floor_ns: int | None

    @classmethod
    def of(cls, sessions: pl.DataFrame, keep: frozenset[str], floor: Floor) -> Chosen:
        """Among these, which have `session`, `active_ns` and `requests`."""
        least = floor.active_ns
        slow = sessions if least is None else sessions.filter(pl.col("active_ns") >= least)
        ordered = slowest(slow.select("session", "active_ns", "requests"))
        rank, requests = pl.int_range(pl.len()), pl.col("requests").cast(pl.Int64).cum_sum()
        room = (rank == 0) | ((rank < DETAILED_SESSIONS) & (requests <= DETAILED_REQUESTS))
        found = ordered.filter(room)
        full = found.height < ordered.height
        floor_ns = int(found["active_ns"][-1]) if full else least
        return cls(frozenset(found["session"]), keep, floor_ns)

    def parted(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows of theirs, and all others, among them those of which it is not said whose they are."""
        theirs = frame.get_column("session").is_in(self._all)
        if theirs.null_count():
            theirs = theirs.fill_null(value=False)
        if theirs.all():
            return frame, frame.clear()
        return frame.filter(theirs), frame.filter(~theirs)

    def kept(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows of those that are kept whatever they are, and of all others."""
        if not self.keep:
            return frame.clear(), frame
        kept = pl.col("session").is_in(sorted(self.keep))
        return frame.filter(kept), frame.filter(~kept)

    @cached_property
    def _all(self) -> pl.Series:
        return pl.Series(sorted(self.slowest | self.keep), dtype=pl.String).implode()


def cut(found: Analysis, keep: frozenset[str], floor: Floor | None = None) -> Analysis:
    """All that may be looked at of these sessions; `keep`: those of which all lists are kept.

    `floor`: what is known of others that this will be gathered with. Of files only those that were used are left.
    """
    floor = floor or Floor()
    chosen = Chosen.of(found.sessions, keep, floor)
    names = (each.name for each in fields(Analysis))
    return Analysis(**{name: cut_table(name, getattr(found, name), chosen, floor) for name in names})


def cut_table(name: str, frame: pl.DataFrame, chosen: Chosen, floor: Floor) -> pl.DataFrame:
    """What of one table may be looked at."""
    if name in _OF_THE_SLOWEST:
        return chosen.parted(frame)[0]
    if name in WEIGHTS:
        return _heaviest(frame, chosen, WEIGHTS[name], floor.weights.get(name))
    if name in _ADDED_UP:
        return _others_added(name, frame, chosen, coarse=floor.coarse)
    return _OTHERS[name](frame, chosen) if name in _OTHERS else frame


def weight_floors(held: Mapping[str, pl.DataFrame], chosen: Chosen) -> dict[str, int]:
    """What a row of another session has to weigh at least, of lists that are full."""
    found = {}
    for name, weight in WEIGHTS.items():
        others = chosen.parted(held[name])[1].get_column(weight).drop_nulls()
        if len(others) >= HEAVIEST_ROWS:
            found[name] = int(others.min())  # type: ignore[arg-type]  # an integer, where there are rows
    return found


def _heaviest(frame: pl.DataFrame, chosen: Chosen, weight: str, least: int | None) -> pl.DataFrame:
    """All rows of the chosen sessions, and the heaviest of all others."""
    theirs, others = chosen.parted(frame)
    if others.is_empty():
        return theirs
    if least is not None:
        others = others.filter(pl.col(weight) >= least)
    if others.height > HEAVIEST_ROWS:
        others = others.sort(weight, descending=True, nulls_last=True, maintain_order=True)
        others = others.head(HEAVIEST_ROWS)
    return pl.concat([theirs, others])


def _others_added(name: str, frame: pl.DataFrame, chosen: Chosen, *, coarse: bool) -> pl.DataFrame:
    """The rows of the chosen sessions, and those of all others added up, without a session."""
    if name == "latencies":
        frame = frame.with_columns(session=pl.lit(None, pl.String))
        if not coarse and frame.height <= EXACT_LATENCIES:
            return frame
        return coarser(frame)
    by, sums = _ADDED_UP[name]
    theirs, others = chosen.parted(frame)
    if others.is_empty():
        return theirs
    added = others.group_by(by, maintain_order=True).agg(pl.col(sums).sum())
    added = added.with_columns(session=pl.lit(None, pl.String)).select(frame.columns)
    return pl.concat([theirs, added], how="vertical_relaxed")


def _added(queues: pl.DataFrame) -> pl.DataFrame:
    """One row for each fit, what it was applied to added up."""
    sums = ("requests", "queued", "wait_ns", "queue_ns")
    fits = [name for name in queues.columns if name not in sums]
    added = queues.group_by(fits, maintain_order=True).agg(pl.col(sums).sum())
    return added.select(queues.columns)


def summed(findings: pl.DataFrame) -> pl.DataFrame:
    """One row for each code and file, its counts added up, with its first line."""
    return (
        findings.group_by("code", "severity", "file", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("line").min(), pl.col("example").first())
        .select(findings.columns)
        .sort("code", "file", nulls_last=True)
    )


def _files(sources: pl.DataFrame) -> pl.DataFrame:
    """One row for each file, with all sessions of it."""
    facts = [name for name in sources.columns if name != "sessions"]
    added = sources.group_by("source", maintain_order=True).agg(
        pl.col(facts).exclude("source").first(), pl.col("sessions").sum()
    )
    return added.select(sources.columns)


def _looked_at(ranking: pl.DataFrame, chosen: Chosen) -> pl.DataFrame:
    kept, others = chosen.kept(ranking)
    first = looked_at_first(others)
    return first if kept.is_empty() else pl.concat([kept, first])


_OTHERS: Mapping[str, Callable[[pl.DataFrame, Chosen], pl.DataFrame]] = {
    "segments": lambda frame, chosen: chosen.kept(frame)[0],
    "ranking": _looked_at,
    "sources": lambda frame, _: frame.filter(pl.col("sessions") > 0),
    "findings": lambda frame, _: summed(frame),
}
"""What shortens other tables, however little there is of them."""

_Change: TypeAlias = Callable[[pl.DataFrame], pl.DataFrame]

PUT_TOGETHER: Mapping[str, _Change] = {
    "queues": _added,
    "by_turn": added_by_turn,
    "by_branch": added_by_position,
    "sources": _files,
}
"""Tables whose rows are not of a session, and how those of several analyses become one."""
