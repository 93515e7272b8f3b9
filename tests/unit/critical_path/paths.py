"""From a trace to its path, for tests that do not draw."""

from __future__ import annotations

from typing import Any

from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import path_segments, segment_table
from agenttrace.model.trace import Trace
from timeline import trace_of

Row = dict[str, Any]


def segments_of(trace: Trace) -> list[Row]:
    """The segments, with the name of the span as `name`."""
    graph = build_graph(trace)
    names = dict(
        zip(
            zip(trace.spans["session"].to_pylist(), trace.spans["span"].to_pylist(), strict=True),
            trace.spans["name"].to_pylist(),
            strict=True,
        )
    )
    rows: list[Row] = segment_table(graph, path_segments(graph, find_critical_path(graph))).to_pylist()
    return [row | {"name": names[row["session"], row["span"]]} for row in rows]


def backwards(trace: Trace, unit: int = 1) -> list[list[Any]]:
    """Sections as other tools list them, from the end to the start: name, from, to."""
    joined: list[list[Any]] = []
    for row in segments_of(trace):
        if joined and joined[-1][0] == row["name"]:
            joined[-1][2] = row["end_ns"] // unit
        else:
            joined.append([row["name"], row["start_ns"] // unit, row["end_ns"] // unit])
    return joined[::-1]


def bare(*spans: tuple[Any, ...], links: Any = (), **columns: Any) -> Trace:
    """Spans as (name, parent or None, start, end, what else is known); the first one is the session."""
    numbers = {span[0]: number for number, span in enumerate(spans)}
    rows = []
    for number, (name, parent, start, end, *more) in enumerate(spans):
        row = {
            "span": number,
            "name": name,
            "start_ns": start,
            "end_ns": end,
            "parent": None if parent is None else numbers[parent],
        }
        row["kind"] = "tool" if number else "session"
        rows.append(row | columns | (more[0] if more else {}))
    stated = [{"from_span": numbers[source], "to_span": numbers[target]} for source, target in links]
    return trace_of(rows, stated)


def found(trace: Trace) -> dict[str, int]:
    """How often each finding was made."""
    graph: Graph = build_graph(trace)
    return {code: len(rows) for code, rows in graph.found.items()}
