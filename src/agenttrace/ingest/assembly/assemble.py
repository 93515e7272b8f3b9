"""From the raw tables of all sources to one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.absences import note_absences
from agenttrace.ingest.assembly.agents import assign_lanes
from agenttrace.ingest.assembly.bounds import settle_bounds
from agenttrace.ingest.assembly.copies import drop_copied_history, merge_copies
from agenttrace.ingest.assembly.dependencies import resolve_links, resolve_marks
from agenttrace.ingest.assembly.extents import bound_sessions, stretch_containers
from agenttrace.ingest.assembly.frames import TOLERANCE_NS, Frames, combine
from agenttrace.ingest.assembly.history import read_history
from agenttrace.ingest.assembly.holders import Held, hold_lanes
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.parents import find_parents
from agenttrace.ingest.assembly.prefixes import delta_coded
from agenttrace.ingest.assembly.sessions import describe_sessions, first_prompts, number_sessions
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
from agenttrace.ingest.assembly.views import fold_views
from agenttrace.ingest.assembly.waits import add_waits
from agenttrace.ingest.joining.folding import fold_sightings
from agenttrace.ingest.joining.matching import Matches, match_views
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.schema import AGENTS, LINKS, MARKS, PREFIXES, SESSIONS, SOURCES, SPANS
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
    ledger = findings or Ledger(())
    ledger.paths = [source.path for source in sources]
    for source in sources:
        _keep_findings(ledger, source)
    views = [f"{source.format} {','.join(source.raw.dialects)}" for source in sources]
    combined, matches = match_views(combine([source.raw for source in sources]), views, ledger)
    frames = number_sessions(combined, matches, ledger)
    if frames.spans.is_empty():
        return _empty_trace(sources, ledger)
    held, frames = _arrange(frames, matches, ledger)
    held, links, placed = read_history(held, frames.prefixes, frames.links, ledger)
    held = note_absences(_inside_compactions(held), ledger)
    spans, detached = bound_sessions(held)
    held = add_waits(Held(spans, held.parents, held.lane, held.lanes), suspend_after_ns)
    all_links = pl.concat([resolve_links(held, frames.links, ledger), links])
    numbering = Numbering(held, describe_sessions(held, frames, detached, first_prompts(held, placed)))
    marks = mark_table(numbering, resolve_marks(held, frames.marks))
    return Trace(
        sessions=session_table(
            numbering,
            [source.format for source in sources],
            [",".join(source.raw.dialects) for source in sources],
        ),
        agents=agent_table(numbering),
        spans=span_table(numbering, number_turns(held.spans, held.lane)),
        marks=marks,
        links=link_table(numbering, all_links, marks),
        prefixes=prefix_table(numbering, delta_coded(placed)),
        findings=ledger.table(),
        sources=_source_table(sources),
    )


def _arrange(frames: Frames, matches: Matches, ledger: Ledger) -> tuple[Held, Frames]:
    spans = merge_copies(frames.spans, ledger)
    spans = settle_bounds(drop_copied_history(spans, ledger), ledger).sort("sid", "span_key")
    spans, frames = fold_sightings(spans, frames, matches, ledger)
    parents = find_parents(spans, ledger)
    spans = fold_views(spans, parents, ledger)
    held = hold_lanes(spans, parents, assign_lanes(spans, parents, frames.agents))
    return Held(stretch_containers(held), held.parents, held.lane, held.lanes), frames


def _inside_compactions(held: Held) -> Held:
    """The request that writes a summary belongs inside the compaction of its lane that spans it."""
    facts = held.spans.select(
        "kind", "purpose", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(held.lane))
    outer = facts.filter(pl.col("kind") == "compaction").select("lane", "start_ns", "end_ns", outer="row")
    inner = facts.filter((pl.col("kind") == "request") & (pl.col("purpose") == "compaction"))
    pairs = inner.join(outer, on="lane", suffix="_outer").filter(
        (pl.col("start_ns_outer") <= pl.col("start_ns") + TOLERANCE_NS)
        & (pl.col("end_ns_outer") >= pl.col("end_ns") - TOLERANCE_NS)
    )
    pairs = pairs.sort("row", pl.col("end_ns_outer") - pl.col("start_ns_outer")).unique("row", keep="first")
    parents = held.parents.copy()
    parents[pairs.get_column("row").to_numpy()] = pairs.get_column("outer").to_numpy()
    return Held(held.spans, parents, held.lane, held.lanes)


def _keep_findings(ledger: Ledger, source: ReadSource) -> None:
    for row in source.raw.findings.to_pylist():
        ledger.add(
            row["code"],
            Severity(row["severity"]),
            row["example"],
            count=row["count"],
            path=source.path,
            line=row["line"],
        )


def _source_table(sources: Sequence[ReadSource]) -> pa.Table:
    return arrow_table(
        SOURCES,
        pl.DataFrame(
            {
                "source": np.arange(len(sources), dtype=np.int32),
                "path": [source.path for source in sources],
                "format": [source.format for source in sources],
                "dialect": [",".join(source.raw.dialects) or None for source in sources],
                "records": [source.raw.records for source in sources],
                "bytes": [source.stored_bytes for source in sources],
            },
            schema_overrides={"dialect": pl.String, "path": pl.String, "format": pl.String},
        ),
    )


def _empty_trace(sources: Sequence[ReadSource], ledger: Ledger) -> Trace:
    empty = {
        table.name: table.arrow.empty_table() for table in (SESSIONS, AGENTS, SPANS, MARKS, LINKS, PREFIXES)
    }
    return Trace(**empty, findings=ledger.table(), sources=_source_table(sources))
