"""Busy time: each span's own, less its children's, and never less than what the path took of a phase."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
from hypothesis import given

from agenttrace.critical_path.analysis import analyze, analyze_chunk
from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import Segments, path_segments
from agenttrace.model.vocabulary import Phase
from contract.trace_cases import every_trace, trace
from contract.trace_files import TraceFile
from strategies import Rows, sessions


def shortfalls(found: pl.DataFrame) -> list[str]:
    """Phases of which a session has more on its path than its agents were busy with."""
    return [phase for phase in Phase if (found[f"path_{phase}_ns"] > found[f"busy_{phase}_ns"]).any()]


@given(sessions())
def test_no_phase_has_more_on_the_path_than_agents_were_busy_with(rows: Rows) -> None:
    assert shortfalls(analyze_chunk(rows.trace()).sessions) == []


@every_trace
def test_no_phase_of_a_real_session_has_more_on_the_path_than_is_busy(file: TraceFile) -> None:
    assert shortfalls(analyze(trace(file)).sessions) == []


@given(sessions())
def test_busy_is_what_no_child_covers_and_what_the_path_took_beside_children(rows: Rows) -> None:
    (found,) = analyze_chunk(rows.trace()).sessions.iter_rows(named=True)
    graph = build_graph(rows.trace())

    busy = _busy(graph, path_segments(graph, find_critical_path(graph)))

    assert sum(found[f"busy_{phase}_ns"] for phase in Phase) == busy


def _busy(graph: Graph, path: Segments) -> int:
    """Span by span and instant by instant."""
    start, end, parent = (
        values.tolist() for values in (graph.forest.start, graph.forest.end, graph.forest.parent)
    )
    walked = list(zip(path.span.tolist(), path.start.tolist(), path.end.tolist(), strict=True))
    times = sorted({*start, *end, *path.start.tolist(), *path.end.tolist()})
    total = 0
    for row in range(len(start)):
        others = [child for child in range(len(start)) if parent[child] == row != child]
        for low, high in pairwise(times):
            covered = any(start[child] <= low and high <= end[child] for child in others)
            on_path = any(span == row and begin <= low and high <= last for span, begin, last in walked)
            if start[row] <= low and high <= end[row] and (on_path or not covered):
                total += high - low
    return total
