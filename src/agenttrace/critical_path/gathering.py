"""Analyses of many traces as one: every session's totals, and the lists of those that a reader will look at."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import polars as pl
import pyarrow as pa

from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.cutting import (
    EXACT_LATENCIES,
    OF_EVERY_SESSION,
    PUT_TOGETHER,
    Chosen,
    Floor,
    cut_table,
    summed,
    weight_floors,
)
from agenttrace.critical_path.packed_rows import PackedRows
from agenttrace.model.frames import plain

_CATEGORIES = ("parts",)
"""Tables with many rows a session, all of which count: their words are numbers, and stay so."""

_GATHERED_AT_ONCE = 8
"""So many analyses wait until they are put together: doing it for each would copy all for each."""

_RANKED_BY = ("session", "active_ns", "requests")


@dataclass(slots=True)
class Gathering:
    """Takes analyses of complete sessions in; what it holds grows with the sessions, not with their spans.

    Of tables of which every row counts all rows are held, compressed; of others those that `cut` leaves. `keep`
    names sessions whose lists are kept whatever their length. `floor` says what of further analyses is of no use.
    """

    keep: frozenset[str] = frozenset()
    floor: Floor = field(default_factory=Floor)
    _every: dict[str, PackedRows] = field(default_factory=dict)
    _held: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _slowest: list[pl.DataFrame] = field(default_factory=list)

    def add(self, part: Analysis) -> None:
        """The analysis of one more trace, of sessions that no other one has."""
        for each in fields(Analysis):
            frame = getattr(part, each.name)
            if each.name in _CATEGORIES:
                frame = frame.with_columns(pl.col(pl.String).cast(pl.Categorical))
            if each.name in OF_EVERY_SESSION:
                self._every.setdefault(each.name, PackedRows()).add(frame)
            else:
                self._held.setdefault(each.name, []).append(frame)
        self._slowest.append(part.sessions.select(_RANKED_BY))
        if len(self._slowest) > _GATHERED_AT_ONCE:
            self._put_together()

    def analysis(self, findings: pa.Table, sources: pa.Table | None = None) -> Analysis:
        """All of it, with the findings of reading beside those of the analyses; sessions by their start.

        `sources`: all files, also those of which there is nothing in any analysis. Nothing is held here any more.
        """
        if not self._slowest:
            message = "nothing was gathered"
            raise ValueError(message)
        self._put_together()
        held = {name: frames[0] for name, frames in self._held.items()}
        self._held = {}
        for name, rows in self._every.items():
            held[name] = rows.frame()
        held["sessions"] = held["sessions"].sort("start_ns", "session", "end_ns")
        held["findings"] = summed(pl.concat([plain(findings), held["findings"]], how="vertical_relaxed"))
        if sources is not None:
            held["sources"] = _with_unused(held["sources"], plain(sources))
        return Analysis(**held)

    def _put_together(self) -> None:
        """Leaves what may be looked at, in memory of its own, so that nothing that was cut off stays with it."""
        ranked = pl.concat(self._slowest, how="vertical_relaxed")
        chosen = Chosen.of(ranked, self.keep, self.floor)
        self._slowest = [chosen.parted(ranked)[0].rechunk()]
        together: dict[str, pl.DataFrame] = {}
        for name in list(self._held):
            frame = pl.concat(self._held.pop(name), how="vertical_relaxed")
            frame = PUT_TOGETHER[name](frame) if name in PUT_TOGETHER else frame
            together[name] = cut_table(name, frame, chosen, self.floor).rechunk()
        self._held = {name: [frame] for name, frame in together.items()}
        exact = int(together["latencies"]["count"].sum()) <= EXACT_LATENCIES
        self.floor = Floor(chosen.floor_ns, weight_floors(together, chosen), self.floor.coarse or not exact)


def _with_unused(used: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
    """All files, in their order, with the sessions of each."""
    counts = used.select("source", "sessions")
    return (
        every.join(counts, on="source", how="left", maintain_order="left")
        .with_columns(pl.col("sessions").fill_null(0))
        .select(used.columns)
    )
