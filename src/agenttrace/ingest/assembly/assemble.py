"""From the raw tables of all sources to one trace."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.absences import note_absences
from agenttrace.ingest.assembly.agents import assign_lanes
from agenttrace.ingest.assembly.awaited import begin_when_agents_are_done
from agenttrace.ingest.assembly.bounds import settle_bounds
from agenttrace.ingest.assembly.copies import drop_copied_history, merge_copies
from agenttrace.ingest.assembly.dependencies import resolve_links, resolve_marks
from agenttrace.ingest.assembly.extents import bound_sessions, stretch_containers
from agenttrace.ingest.assembly.flushed import forget_flushed_ends
from agenttrace.ingest.assembly.frames import TOLERANCE_NS, Frames, in_one_piece
from agenttrace.ingest.assembly.history import read_history
from agenttrace.ingest.assembly.holders import Held, hold_lanes
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lineage import note_missing_parents
from agenttrace.ingest.assembly.lookup import KeyIndex
from agenttrace.ingest.assembly.parents import find_parents
from agenttrace.ingest.assembly.prefixes import delta_coded
from agenttrace.ingest.assembly.purposes import spread_purposes
from agenttrace.ingest.assembly.sessions import describe_sessions, first_prompts, number_sessions
from agenttrace.ingest.assembly.store import RawStore
from agenttrace.ingest.assembly.tables import (
    Numbering,
    agent_table,
    arrow_table,
    link_table,
    mark_table,
    prefix_table,
    session_table,
    span_table,
)
from agenttrace.ingest.assembly.turns import number_turns
from agenttrace.ingest.assembly.units import mistaken_unit
from agenttrace.ingest.assembly.views import fold_views
from agenttrace.ingest.assembly.waits import add_waits
from agenttrace.ingest.assembly.workloads import (
    report_workloads,
    untimed_sessions,
    without_extents,
    without_lengths,
)
from agenttrace.ingest.joining.clocks import in_one_time, report_clocks
from agenttrace.ingest.joining.folding import fold_sightings
from agenttrace.ingest.joining.matching import Matches, match_views
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.schema import AGENTS, FINDINGS, LINKS, MARKS, PREFIXES, SESSIONS, SOURCES, SPANS
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Severity

DEFAULT_SUSPEND_NS = 30 * 60 * 10**9


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source after reading: what the sources table says of it, and its raw rows."""

    path: str
    format: str
    stored_bytes: int
    raw: RawTrace


def assemble(
    sources: Sequence[ReadSource],
    findings: Ledger | None = None,
    *,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
) -> Trace:
    """One trace of all sources; the same, whatever their order, but for the numbers of the sources.

    `findings` holds those made before (files that were no traces). Waiting beyond `suspend_after_ns` in
    which nothing ran is suspended time.
    """
    with RawStore(memory_bytes=sys.maxsize) as store:
        run = Assembly(store, findings or Ledger(()), suspend_after_ns)
        for source in sources:
            run.add(source)
        (trace,) = run.traces()
        return replace(trace, findings=run.ledger.table())


class Assembly:
    """Sources go in, traces of complete sessions come out."""

    def __init__(self, store: RawStore, ledger: Ledger, suspend_after_ns: int) -> None:
        """`ledger` keeps all findings, those made before too."""
        self.ledger = ledger
        self._paths: list[str] = []
        ledger.paths = self._paths
        self._store = store
        self._suspend_after_ns = suspend_after_ns
        self._sources: list[dict[str, Any]] = []

    def add(self, read: ReadSource) -> None:
        """A source, or the next part of the last one, which has the same path."""
        path, raw = read.path, read.raw
        if not self._paths or self._paths[-1] != path:
            self._paths.append(path)
            about = {"path": path, "format": read.format, "bytes": read.stored_bytes}
            self._sources.append({**about, "records": 0, "dialects": set()})
        source = self._sources[-1]
        source["records"] += raw.records
        source["dialects"].update(raw.dialects)
        if unit := mistaken_unit(raw.spans):
            what = f"instants in 1970: the numbers are those of {unit}, and are read as nanoseconds"
            self.ledger.add("unit_mistaken", Severity.WARNING, what, path=path)
        for row in raw.findings.to_pylist():
            self.ledger.add(
                row["code"],
                Severity(row["severity"]),
                row["example"],
                count=row["count"],
                path=path,
                line=row["line"],
            )
        self._store.add(len(self._paths) - 1, raw)

    def traces(self) -> Iterator[Trace]:
        """Traces of complete sessions, without findings: those stand in the ledger when the last one is out."""
        dialects = [",".join(sorted(source["dialects"])) for source in self._sources]
        matches = match_views(self._store, [_view(source) for source in self._sources])
        report_clocks(matches.ahead, self.ledger)
        self._store.join(matches.edges())
        members = self._store.members()
        about = About([source["format"] for source in self._sources], dialects, self._source_table(dialects))
        for frames in self._store.buckets():
            yield assemble_frames(frames, members, matches, about, self.ledger, self._suspend_after_ns)

    def _source_table(self, dialects: Sequence[str]) -> pa.Table:
        columns = {
            name: [source[name] for source in self._sources]
            for name in ("path", "format", "records", "bytes")
        }
        numbers = {"source": np.arange(len(self._sources), dtype=np.int32)}
        told = {"dialect": [said or None for said in dialects]}
        return arrow_table(
            SOURCES,
            pl.DataFrame(
                {**numbers, **columns, **told},
                schema_overrides={
                    "dialect": pl.String,
                    "path": pl.String,
                    "format": pl.String,
                    "records": pl.Int64,
                    "bytes": pl.Int64,
                },
            ),
        )


@dataclass(frozen=True, slots=True)
class About:
    """Of each source its format and its dialects; and the sources as a table."""

    formats: Sequence[str]
    dialects: Sequence[str]
    table: pa.Table


def assemble_frames(
    frames: Frames,
    members: pl.DataFrame,
    matches: Matches,
    about: About,
    ledger: Ledger,
    suspend_after_ns: int,
) -> Trace:
    """The trace of the sessions whose rows the frames hold, all of them."""
    alike = matches.alike(_members_here(members, frames)) if matches.pairs.height else {}
    frames = in_one_time(frames.map(in_one_piece), matches.ahead)
    frames = number_sessions(frames, members, alike, ledger)
    if frames.spans.is_empty():
        return _empty_trace(about)
    untimed = untimed_sessions(frames.sessions)
    held, frames = _arrange(frames, matches, untimed, ledger)
    held, links, placed = read_history(held, frames, ledger, untimed)
    held = begin_when_agents_are_done(_inside_compactions(spread_purposes(held)), frames.links)
    held = note_absences(held, ledger)
    spans, detached = bound_sessions(held)
    spans = without_extents(spans, untimed)
    held = add_waits(Held(spans, held.parents, held.lane, held.lanes), suspend_after_ns, untimed)
    index = KeyIndex(held.spans.get_column("sid"), held.spans.get_column("span_key"))
    all_links = pl.concat([resolve_links(held, frames, index, ledger, untimed), links])
    sessions = describe_sessions(held, frames, detached, first_prompts(held, placed))
    report_workloads(sessions, ledger)
    numbering = Numbering(held, sessions)
    marks = mark_table(numbering, resolve_marks(frames.marks, index))
    return Trace(
        sessions=session_table(numbering, about.formats, about.dialects),
        agents=agent_table(numbering),
        spans=span_table(numbering, number_turns(held.spans, held.lane)),
        marks=marks,
        links=link_table(numbering, all_links, marks),
        prefixes=prefix_table(numbering, delta_coded(placed)),
        findings=FINDINGS.arrow.empty_table(),
        sources=about.table,
    )


def _members_here(members: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    return members.join(frames.spans.select("session_key").unique(), on="session_key", how="semi")


def _view(source: Mapping[str, Any]) -> str:
    """What a source sees of a run; of which version its program is makes no difference."""
    return " ".join(
        [source["format"], *sorted(word for word in source["dialects"] if not word[:1].isdigit())]
    )


def _without_empty_sessions(frames: Frames, spans: pl.DataFrame) -> Frames:
    """A fork that did nothing of its own is no session, and nothing else is said of it."""
    left = spans.select("sid").unique()
    parts = {
        name: frame.join(left, on="sid", how="semi", maintain_order="left")
        for name, frame in frames.items().items()
        if name != "spans"
    }
    return replace(frames, **parts)


def _arrange(frames: Frames, matches: Matches, untimed: pl.Series, ledger: Ledger) -> tuple[Held, Frames]:
    spans = without_lengths(merge_copies(frames.spans, ledger), untimed)
    spans = settle_bounds(drop_copied_history(spans, ledger), ledger)
    spans = forget_flushed_ends(spans, ledger)
    spans, frames = fold_sightings(spans, _without_empty_sessions(frames, spans), matches, ledger)
    parents = find_parents(spans, ledger)
    spans = fold_views(spans, parents, ledger)
    lanes = assign_lanes(spans, parents, frames.agents)
    note_missing_parents(spans, lanes.table, frames.agents, ledger)
    held = hold_lanes(spans, parents, lanes)
    return Held(stretch_containers(held), held.parents, held.lane, held.lanes), frames


def _inside_compactions(held: Held) -> Held:
    """The request that writes a summary belongs inside the compaction of its lane that spans it."""
    facts = held.spans.select(
        "kind", "purpose", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(held.lane))
    outer = facts.filter(pl.col("kind") == "compaction").select("lane", "start_ns", "end_ns", outer="row")
    if outer.is_empty():
        return held
    inner = facts.filter((pl.col("kind") == "request") & (pl.col("purpose") == "compaction"))
    pairs = inner.join(outer, on="lane", suffix="_outer").filter(
        (pl.col("start_ns_outer") <= pl.col("start_ns") + TOLERANCE_NS)
        & (pl.col("end_ns_outer") >= pl.col("end_ns") - TOLERANCE_NS)
    )
    pairs = pairs.sort("row", pl.col("end_ns_outer") - pl.col("start_ns_outer")).unique("row", keep="first")
    parents = held.parents.copy()
    parents[pairs.get_column("row").to_numpy()] = pairs.get_column("outer").to_numpy()
    return Held(held.spans, parents, held.lane, held.lanes)


def _empty_trace(about: About) -> Trace:
    empty = {
        table.name: table.arrow.empty_table()
        for table in (SESSIONS, AGENTS, SPANS, MARKS, LINKS, PREFIXES, FINDINGS)
    }
    return Trace(**empty, sources=about.table)
