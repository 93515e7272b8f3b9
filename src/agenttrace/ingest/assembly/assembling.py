"""From the raw rows of complete sessions to their trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.absences import note_absences
from agenttrace.ingest.assembly.agents import assign_lanes
from agenttrace.ingest.assembly.attempts import complete_attempts
from agenttrace.ingest.assembly.awaited import begin_when_agents_are_done
from agenttrace.ingest.assembly.bounds import settle_bounds
from agenttrace.ingest.assembly.call_ends import end_with_calls
from agenttrace.ingest.assembly.columns import are
from agenttrace.ingest.assembly.copies import drop_copied_history, merge_copies
from agenttrace.ingest.assembly.dependencies import resolve_links, resolve_marks
from agenttrace.ingest.assembly.extents import bound_sessions, stretch_containers
from agenttrace.ingest.assembly.flushed import forget_flushed_ends
from agenttrace.ingest.assembly.frames import TOLERANCE_NS, Frames, in_one_piece
from agenttrace.ingest.assembly.history import read_history
from agenttrace.ingest.assembly.holders import Held, hold_lanes
from agenttrace.ingest.assembly.interactions import fill_interactions
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lineage import note_missing_parents
from agenttrace.ingest.assembly.lookup import KeyIndex
from agenttrace.ingest.assembly.parents import find_parents
from agenttrace.ingest.assembly.prefixes import delta_coded
from agenttrace.ingest.assembly.prompts import Prompts, take_prompts
from agenttrace.ingest.assembly.purposes import spread_purposes
from agenttrace.ingest.assembly.rows import Rows as RawRows
from agenttrace.ingest.assembly.sessions import describe_sessions, first_prompts, number_sessions
from agenttrace.ingest.assembly.tables import (
    Numbering,
    agent_table,
    link_table,
    mark_table,
    prefix_table,
    session_table,
    span_table,
)
from agenttrace.ingest.assembly.turns import number_turns
from agenttrace.ingest.assembly.views import fold_views
from agenttrace.ingest.assembly.waits import add_waits
from agenttrace.ingest.assembly.workloads import (
    report_workloads,
    untimed_sessions,
    without_extents,
    without_lengths,
)
from agenttrace.ingest.joining.clocks import in_one_time
from agenttrace.ingest.joining.folding import fold_sightings
from agenttrace.ingest.joining.matches import Matches
from agenttrace.model.schema import AGENTS, FINDINGS, LINKS, MARKS, PREFIXES, SESSIONS, SPANS
from agenttrace.model.trace import Trace


@dataclass(frozen=True, slots=True)
class About:
    """Of each source its path, its format and its dialects; and the sources as a table."""

    paths: Sequence[str]
    formats: Sequence[str]
    dialects: Sequence[str]
    table: pa.Table


def assemble_rows(
    rows: RawRows, matches: Matches, about: About, ledger: Ledger, suspend_after_ns: int
) -> Trace:
    """The trace of the sessions that the rows are of, all of them."""
    arranged = _arranged(rows, matches, ledger)
    if arranged is None:
        return _empty_trace(about)
    held, index, frames, prompts, untimed = arranged
    del arranged  # what comes of it takes its place in memory
    held, links, placed = read_history(held, frames, prompts, ledger, untimed)
    held = begin_when_agents_are_done(_inside_compactions(spread_purposes(held)), frames.links)
    held = note_absences(held, ledger)
    spans, detached = bound_sessions(held)
    spans = without_extents(spans, untimed)
    held = add_waits(Held(spans, held.parents, held.lane, held.lanes), suspend_after_ns, untimed)
    index = index.followed_by(held.spans.get_column("sid"), held.spans.get_column("span_key"))
    all_links = pl.concat([resolve_links(held, frames, index, ledger, untimed), links])
    held, all_links = complete_attempts(held, all_links)
    held = spread_purposes(held)
    sessions = describe_sessions(held, frames, detached, first_prompts(held, placed, prompts))
    report_workloads(sessions, ledger)
    numbering = Numbering(held, sessions)
    marks = mark_table(numbering, resolve_marks(frames.marks, index))
    return Trace(
        sessions=session_table(numbering, about.formats, about.dialects),
        agents=agent_table(numbering, held.lanes),
        spans=span_table(numbering, number_turns(held.spans, held.lane)),
        marks=marks,
        links=link_table(numbering, all_links, marks),
        prefixes=prefix_table(numbering, delta_coded(placed, prompts)) if placed.height else PREFIXES.empty,
        findings=FINDINGS.arrow.empty_table(),
        sources=about.table,
    )


class _Arranged(NamedTuple):
    """Rows, each in its session and its lane. `by_key`: all spans but those that were made."""

    held: Held
    by_key: KeyIndex
    frames: Frames
    prompts: Prompts
    untimed: pl.Series


def _arranged(rows: RawRows, matches: Matches, ledger: Ledger) -> _Arranged | None:
    """None where no span says when it was."""
    frames = in_one_time(rows.frames().map(in_one_piece), matches.ahead)
    frames, prompts = take_prompts(frames)
    alike = matches.alike(_members_here(rows.members, frames)) if matches.pairs.height else {}
    frames, family = number_sessions(frames, rows.members, alike, ledger)
    untimed = untimed_sessions(frames.sessions)
    spans = without_lengths(merge_copies(frames.spans, ledger), untimed)
    raw = frames.spans.select("sid", "origin", "session_key", "span_key")
    frames = replace(frames, spans=raw if matches.pairs.height else raw.select("sid", "origin"))
    spans = settle_bounds(drop_copied_history(spans, family, ledger), ledger)
    spans = forget_flushed_ends(spans, ledger)
    if spans.is_empty():
        return None
    spans, frames = fold_sightings(spans, _without_empty_sessions(frames, spans), matches, ledger)
    if matches.pairs.height:
        frames = _without_empty_sessions(frames, spans)
    index = KeyIndex(spans.get_column("sid"), spans.get_column("span_key"))
    parents = find_parents(spans, index, ledger)
    spans = fold_views(spans, parents, ledger)
    lanes = assign_lanes(spans, parents, index, frames.agents)
    note_missing_parents(spans, lanes.facts, frames.agents, ledger)
    spans = spans.drop("parent_key", "agent_key")  # numbers by now
    held = fill_interactions(end_with_calls(hold_lanes(spans, parents, lanes), ledger))
    held = Held(stretch_containers(held), held.parents, held.lane, held.lanes)
    return _Arranged(held, index, frames, prompts, untimed)


def _members_here(members: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    return members.join(frames.spans.select("session_key").unique(), on="session_key", how="semi")


def _without_empty_sessions(frames: Frames, spans: pl.DataFrame) -> Frames:
    """What did nothing of its own, a fork, or all of which is told elsewhere, is no session: nothing is said of it."""
    sids = frames.spans.get_column("sid").to_numpy()
    left = np.zeros(sids.max() + 1, np.bool_)
    left[spans.get_column("sid").to_numpy()] = True

    def of_these(frame: pl.DataFrame) -> pl.DataFrame:
        stays = left[frame.get_column("sid").to_numpy()]
        return frame if stays.all() else frame.filter(pl.Series(stays))

    parts = {
        name: of_these(frame) for name, frame in frames.items().items() if name != "spans" and frame.height
    }
    return replace(frames, **parts)


def _inside_compactions(held: Held) -> Held:
    """The request that writes a summary belongs inside the compaction of its lane that spans it."""
    if not are(held.spans, "kind", "compaction").any():
        return held
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


def _empty_trace(about: About) -> Trace:
    empty = {
        table.name: table.arrow.empty_table()
        for table in (SESSIONS, AGENTS, SPANS, MARKS, LINKS, PREFIXES, FINDINGS)
    }
    return Trace(**empty, sources=about.table)
