"""`analyze`: a trace in, everything that a report shows of it out, chunk by chunk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.margins import find_margins
from agenttrace.critical_path.measures.busy import exclusive_time
from agenttrace.critical_path.measures.cache import cache_miss_table, cost_of_misses
from agenttrace.critical_path.measures.chunk import measured_chunk
from agenttrace.critical_path.measures.counts import with_lists_counted
from agenttrace.critical_path.measures.hot import near_spans, tool_table, top_spans
from agenttrace.critical_path.measures.joins import awaited_branches, join_table
from agenttrace.critical_path.measures.parallel import running_levels
from agenttrace.critical_path.measures.serving import answered_requests, felt
from agenttrace.critical_path.measures.shares import path_shares
from agenttrace.critical_path.measures.totals import session_totals
from agenttrace.critical_path.measures.turns import compaction_table, turn_table
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.readings import reading_table, without_inferred_joins
from agenttrace.critical_path.schedule import plan
from agenttrace.critical_path.segments import path_segments, segment_table
from agenttrace.critical_path.summary import Summary, summarise
from agenttrace.critical_path.tail.comparison import Tail, compare_tail
from agenttrace.critical_path.tail.parts import session_parts
from agenttrace.critical_path.tail.positions import (
    added_by_position,
    added_by_turn,
    branch_positions,
    turn_positions,
)
from agenttrace.critical_path.what_if.answers import what_ifs
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.questions import Questions, ask
from agenttrace.critical_path.what_if.ranking import SCHEMA as RANKING
from agenttrace.critical_path.what_if.ranking import first_sessions, ranking
from agenttrace.critical_path.what_if.spec import Spec
from agenttrace.display import Fact, card, line
from agenttrace.model.frames import frame_of, plain, texts
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Severity
from agenttrace.serving.parting import part_queue
from agenttrace.serving.service import Service
from agenttrace.units import format_duration, format_share


@dataclass(frozen=True, slots=True, eq=False)
class ChunkResult:
    """What one chunk of complete sessions gives; results of chunks are put below each other."""

    sessions: pl.DataFrame
    segments: pl.DataFrame
    shares: pl.DataFrame
    turns: pl.DataFrame
    joins: pl.DataFrame
    top: pl.DataFrame
    near_critical: pl.DataFrame
    readings: pl.DataFrame
    what_if: pl.DataFrame
    tools: pl.DataFrame
    cache_misses: pl.DataFrame
    compactions: pl.DataFrame
    concurrency: pl.DataFrame
    latencies: pl.DataFrame
    parts: pl.DataFrame
    by_turn: pl.DataFrame
    by_branch: pl.DataFrame
    repairs: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Frames, sorted by session in the order of the trace; times are nanoseconds, null is unknown.

    `sessions` has a row for each session, with `path_<phase>_ns`, `purpose_<purpose>_ns` and
    `evidence_<evidence>_ns`, each of which sum to `wall_ns`, and `busy_<phase>_ns`, which do not.
    `shares`: the length of each session's path by phase and evidence. `queues`: how queue was parted from
    prefill (see `serving.parting`). `concurrency`: how long how many calls ran at once. `latencies`: what `count`
    requests felt, with their `priority`. `parts`: each path in named parts (see `tail`). `by_turn`: the paths of the
    main agents added up by turn. `by_branch`: branches added up by their place in a fan-out. `readings`: the paths
    without joins between agents that are only inferred. `what_if`: a row for each question that was asked of a
    session. `ranking`: what changes would save, of the sessions that were looked at.
    """

    sources: pl.DataFrame
    findings: pl.DataFrame
    sessions: pl.DataFrame
    segments: pl.DataFrame
    shares: pl.DataFrame
    turns: pl.DataFrame
    joins: pl.DataFrame
    top: pl.DataFrame
    near_critical: pl.DataFrame
    readings: pl.DataFrame
    what_if: pl.DataFrame
    ranking: pl.DataFrame
    tools: pl.DataFrame
    cache_misses: pl.DataFrame
    compactions: pl.DataFrame
    concurrency: pl.DataFrame
    latencies: pl.DataFrame
    parts: pl.DataFrame
    by_turn: pl.DataFrame
    by_branch: pl.DataFrame
    queues: pl.DataFrame

    @property
    def summary(self) -> Summary:
        """What all sessions have together: percentiles, and the time by phase, purpose and evidence."""
        return summarise(self)

    @property
    def tail(self) -> Tail | None:
        """What the slow sessions have more of than those in the middle; null for fewer than five sessions."""
        return compare_tail(self.sessions, self.parts)

    def __repr__(self) -> str:
        """One line: how many sessions, how long, and where most of the time went."""
        return line("Analysis", _shown(self))

    def _repr_html_(self) -> str:
        """A small table for notebooks: the phases of the critical path."""
        of = self.summary
        phases = sorted(of.critical_path_ns.items(), key=lambda pair: -pair[1])
        rows = [[name, format_duration(ns), format_share(ns, of.total_ns)] for name, ns in phases if ns]
        return card("Analysis", _shown(self)[:3], [["phase", "on the path", "share"], *rows] if rows else [])


def _shown(of: Analysis) -> list[Fact]:
    """Sessions, requests, wall time at the median, and the largest phase."""
    all_of = of.summary
    phases = all_of.critical_path_ns
    largest = max(phases, key=lambda name: phases[name])
    facts = [("sessions", f"{all_of.sessions:,}"), ("requests", f"{all_of.requests:,}")]
    if all_of.total_ns:
        facts.append(("wall p50", format_duration(all_of.wall_ns.p50)))
        facts.append((largest, format_share(phases[largest], all_of.total_ns)))
    return facts


def analyze_chunk(chunk: Trace, questions: Questions | None = None) -> ChunkResult:
    """The analysis of complete sessions: the unit that a pool or a cluster maps."""
    graph = build_graph(chunk)
    segments = path_segments(graph, find_critical_path(graph))
    schedule = plan(graph)
    margins = find_margins(schedule)
    measured = measured_chunk(chunk, graph, segments, margins)
    busy = exclusive_time(measured)
    levels = running_levels(measured)

    fans, answered = awaited_branches(measured), answered_requests(measured)
    other = without_inferred_joins(chunk, graph)

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        """The same frame, with the names of its sessions instead of their numbers."""
        names = texts(graph.spans.names, frame.get_column("session").to_numpy())
        return frame.replace_column(frame.get_column_index("session"), names.alias("session"))

    turns, joins, misses = turn_table(measured), join_table(measured, fans), cache_miss_table(answered)
    sessions = session_totals(measured, busy, levels, answered)
    return ChunkResult(
        sessions=named(with_lists_counted(sessions, misses, joins)),
        segments=plain(segment_table(graph, segments)),
        shares=named(path_shares(segments)),
        turns=named(turns.clone()),
        joins=named(joins),
        top=named(top_spans(measured)),
        near_critical=named(near_spans(measured)),
        readings=named(reading_table(graph, segments, other)),
        what_if=named(what_ifs(Bench(chunk, schedule), measured, questions or Questions(), other)),
        tools=named(tool_table(measured, busy)),
        cache_misses=named(misses),
        compactions=named(compaction_table(measured)),
        concurrency=named(levels),
        latencies=named(felt(answered)),
        parts=named(session_parts(measured)),
        by_turn=turn_positions(turns),
        by_branch=branch_positions(fans),
        repairs=_repairs({**graph.found, "drag_unknown": margins.undecided}, chunk.spans),
    )


def analyze(
    trace: Trace,
    what_if: Sequence[str | Spec] = (),
    *,
    service: Service | None = None,
    ranked: Collection[str] | None = None,
) -> Analysis:
    """Everything about all sessions of a trace, but for workloads: those have no time that could be divided.

    `what_if`: the changes to try, each in the grammar of `--what-if`; UsageError where one cannot be read. `service`
    says how long prefill takes without load, for waits of which the source does not say how much was queue; it is
    fitted to the trace itself where there is none. `ranked`: the sessions for which changes are ranked, where those
    are chosen among the sessions of more than this trace; else those of `sessions_to_rank`.
    """
    parted = part_queue(trace.timed(), service)
    trace = parted.trace
    questions = ask(what_if, trace.spans, parted.service)
    empty = trace.spans.num_rows == 0
    chunks = [trace] if empty else trace.chunks()
    results = [analyze_chunk(chunk, questions) for chunk in chunks]
    joined = {
        field.name: _below_each_other([getattr(result, field.name) for result in results])
        for field in fields(ChunkResult)
    }
    repairs = joined.pop("repairs")
    joined["cache_misses"] = cost_of_misses(joined["cache_misses"], parted.service)
    if len(results) > 1:
        joined["by_turn"] = added_by_turn(joined["by_turn"])
        joined["by_branch"] = added_by_position(joined["by_branch"])
    told = pl.concat([parted.findings, questions.findings()], how="diagonal_relaxed")
    return Analysis(
        sources=_sources(trace),
        findings=_findings(trace, repairs, told),
        sessions=_described(trace, joined.pop("sessions")),
        queues=parted.totals,
        ranking=_ranking(trace, sessions_to_rank(trace) if ranked is None else ranked),
        **joined,
    )


def _below_each_other(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")


def sessions_to_rank(trace: Trace) -> dict[str, int]:
    """The sessions for which changes are ranked, and how many spans each has."""
    names, counts = pc.value_counts(trace.spans["session"]).flatten()
    sizes = {str(name): size for name, size in zip(names.tolist(), counts.to_numpy().tolist(), strict=True)}
    return {name: sizes[name] for name in first_sessions(sizes)}


def _ranking(trace: Trace, ranked: Collection[str]) -> pl.DataFrame:
    """What would help the sessions that are looked at."""
    chosen = [str(name) for name in trace.sessions["session"].to_pylist() if name in ranked]
    if not chosen:
        return pl.DataFrame(schema=RANKING | {"session": pl.String})
    trace = trace if len(chosen) == trace.sessions.num_rows else trace.only(chosen)
    bench = Bench(trace, plan(build_graph(trace)))
    found = ranking(bench)
    looked_at = pl.Series("session", bench.graph.spans.names.to_pylist(), dtype=pl.String)
    return found.with_columns(looked_at[found.get_column("session")])


_REPAIRS = {
    "child_before_parent": "a span that is over before its parent begins: it hangs on an ancestor that then runs",
    "child_after_parent": "a span that begins after its parent's end: it hangs on an ancestor that then runs",
    "before_session": "a span that is over before its session begins: it has no length there",
    "past_session_end": "a span that ends after its session: what lies beyond is outside the wall time",
    "child_end_clipped": "a span that ends up to 2 ms after its parent: cut at the parent's end",
    "child_start_clipped": "a span that starts before its parent: cut at the parent's start",
    "outlives_parent": "a span that ends after its parent: not waited for there",
    "link_unknown": "a dependency on a span that is not there: left out",
    "link_cycle": "dependencies in a circle: the ones that close it are left out",
    "mark_outside": "an instant outside its span: moved to the nearer end",
    "parent_missing": "a span whose parent is not there: it hangs on its session",
    "negative_duration": "a span that ends before it starts: it has no length",
    "link_backwards": "a dependency on something that starts later: left out",
    "drag_unknown": "a span whose drag was too much work to find out",
    "phases_clamped": "phases that do not fit into their request: cut to it",
}


def _repairs(found: dict[str, Ints], spans: pa.Table) -> pl.DataFrame:
    """What building the graph had to mend, and what was too much work: a row each, with source, line, code."""
    rows = [np.unique(rows) for rows in found.values()]
    places = spans.select(["source", "line"]).take(pa.array(np.concatenate([np.zeros(0, np.int64), *rows])))
    code = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    return frame_of(places).hstack([texts(list(found), code).alias("code")])


def _findings(trace: Trace, repairs: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    paths = trace.sources["path"].to_pylist()
    grouped = repairs.group_by("code", "source").agg(count=pl.len().cast(pl.Int64), line=pl.col("line").min())
    files = [paths[source] if 0 <= source < len(paths) else None for source in grouped.get_column("source")]
    made = grouped.select(
        "code",
        severity=pl.lit(Severity.INFO.value),
        count="count",
        file=pl.Series(files, dtype=pl.String),
        line="line",
        example=pl.col("code").replace_strict(_REPAIRS, default="mended while the graph was built"),
    )
    found = pl.concat([plain(trace.findings), made, told], how="diagonal_relaxed")
    return found.sort("code", "file", "example", nulls_last=True)


def _sources(trace: Trace) -> pl.DataFrame:
    sources = plain(trace.sources)
    used = pc.list_flatten(trace.sessions["sources"].combine_chunks()).drop_null().to_numpy()
    number = sources.get_column("source").to_numpy()
    times = np.bincount(used, minlength=1 + int(number.max(initial=0)))[number]
    return sources.with_columns(sessions=pl.Series(times, dtype=pl.Int64))


def _described(trace: Trace, totals: pl.DataFrame) -> pl.DataFrame:
    sessions = plain(
        trace.sessions.select(
            ["session", "source_id", "format", "sources", "start_ns", "end_ns", "detached_ns", "truncated"]
        )
    )
    paths = trace.sources["path"].to_pylist()
    first: Sequence[str | None] = [
        paths[used[0]] if used else None for used in sessions.get_column("sources").to_list()
    ]
    described = sessions.drop("sources").with_columns(source=pl.Series(first, dtype=pl.String))
    if described.get_column("session").equals(totals.get_column("session")):
        return described.hstack(totals.drop("session"))
    return described.join(totals, on="session", how="left", maintain_order="left")
