"""The critical path as segments: stretches between its events that tile the wall time of each session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import Bools, Codes, Ints, run_starts, running_last
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.path import Path
from agenttrace.critical_path.predecessors import INFERRED, TREE
from agenttrace.critical_path.spans import GRADE
from agenttrace.critical_path.stretches import stretches_before
from agenttrace.model.schema import SEGMENTS
from agenttrace.model.vocabulary import Evidence, Phase, Purpose

_DERIVED = GRADE[Evidence.DERIVED]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Sorted by session and start; `span` is a row of the chunk."""

    session: Ints
    span: Ints
    phase: Codes
    purpose: Codes
    evidence: Codes
    inferred: Bools
    start: Ints
    end: Ints

    @property
    def length(self) -> Ints:
        """How long each is."""
        return self.end - self.start


def path_segments(graph: Graph, path: Path) -> Segments:
    """The segments of the paths; none of no length, no two neighbours alike."""
    inferred = _hangs_on_inference(graph, path)
    path, inferred = _without_passed_marks(graph, path, inferred)
    nodes = graph.nodes
    t, grade, span = nodes.t[path.node], nodes.grade[path.node], nodes.span[path.node]
    last = np.flatnonzero((t[1:] > t[:-1]) & (path.session[1:] == path.session[:-1]))
    evidence = np.maximum(grade[1:], grade[:-1])
    evidence = np.where(span[1:] == span[:-1], evidence, np.maximum(evidence, _DERIVED))[last]
    start, last = t[last], last + 1
    stretch = stretches_before(graph, path.node[last])
    evidence = np.maximum(evidence, stretch.known)
    told = (path.session[last], stretch.span, stretch.phase, stretch.purpose, evidence, inferred[last])
    return _merged(Segments(*told, start, t[last]))


def _hangs_on_inference(graph: Graph, path: Path) -> Bools:
    """Whether the way back from the session's end to each event last turned off at an inferred dependency."""
    known = graph.predecessors.known[path.node][::-1]
    last = run_starts(path.session[::-1])
    turned = running_last((known != TREE) | last)
    state = np.zeros(len(known), np.bool_)
    state[1:] = known[turned[:-1]] == INFERRED
    state[last] = False
    return state[::-1]


def _without_passed_marks(graph: Graph, path: Path, inferred: Bools) -> tuple[Path, Bools]:
    """A mark is an event of the path only where the path goes on with what hangs on it."""
    marks = np.flatnonzero(path.node >= graph.nodes.marks_from)
    if not len(marks):
        return path, inferred
    span = graph.nodes.span[path.node]
    keep = np.ones(len(path.node), np.bool_)
    keep[marks] = span[marks] != span[marks + 1]
    return Path(path.node[keep], path.session[keep]), inferred[keep]


def _merged(parts: Segments) -> Segments:
    """Neighbours that are alike as one."""
    first = run_starts(parts.span, parts.phase, parts.purpose, parts.evidence, parts.inferred, parts.session)
    if first.all():
        return parts
    at = np.flatnonzero(first)
    last = np.append(at[1:] - 1, len(first) - 1)
    return Segments(
        parts.session[at],
        parts.span[at],
        parts.phase[at],
        parts.purpose[at],
        parts.evidence[at],
        parts.inferred[at],
        parts.start[at],
        parts.end[last],
    )


def segment_table(graph: Graph, segments: Segments) -> pa.Table:
    """The segments as the declared table."""
    spans = graph.spans
    number = segments.span - spans.first[segments.session]
    arrays: list[pa.Array[Any]] = [
        spans.names.take(pa.array(segments.session, pa.int64())),
        pa.array(number, pa.int32()),
        _words(segments.phase, Phase),
        _words(segments.purpose, Purpose),
        pa.array(segments.start, pa.int64()),
        pa.array(segments.end, pa.int64()),
        _words(segments.evidence, Evidence),
        pa.array(segments.inferred, pa.bool_()),
    ]
    return pa.table(arrays, schema=SEGMENTS.arrow)


def _words(codes: Codes, words: type[StrEnum]) -> pa.Array[Any]:
    values = pa.array([word.value for word in words], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), values)
