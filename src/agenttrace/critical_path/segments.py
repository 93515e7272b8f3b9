"""The critical path as segments: stretches between its events that tile the wall time of each session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import Bools, Codes, Ints, run_starts, running_last
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.path import Path
from agenttrace.critical_path.predecessors import INFERRED, TREE
from agenttrace.critical_path.spans import EVIDENCE, GRADE, PHASES, PURPOSES
from agenttrace.critical_path.stretches import stretches_before
from agenttrace.model.schema import SEGMENTS
from agenttrace.model.vocabulary import Evidence

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
    t = graph.nodes.t[path.node]
    lasts = np.flatnonzero(t[1:] > t[:-1]) + 1
    lasts = lasts[path.session[lasts] == path.session[lasts - 1]]
    node, before = path.node[lasts], path.node[lasts - 1]
    stretch = stretches_before(graph, node)
    nodes = graph.nodes
    evidence = np.maximum(np.maximum(nodes.grade[node], nodes.grade[before]), stretch.known)
    apart = nodes.span[node] != nodes.span[before]
    evidence = np.where(apart, np.maximum(evidence, _DERIVED), evidence)
    told = (path.session[lasts], stretch.span, stretch.phase, stretch.purpose, evidence, inferred[lasts])
    return _merged(Segments(*told, t[lasts - 1], t[lasts]))


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
    session: Any = pa.array(segments.session)
    return pa.table(
        [
            spans.names.take(session),
            pa.array(number.astype(np.int32)),
            *(
                _worded(values, words)
                for values, words in (
                    (segments.phase, PHASES),
                    (segments.purpose, PURPOSES),
                )
            ),
            pa.array(segments.start),
            pa.array(segments.end),
            _worded(segments.evidence, EVIDENCE),
            pa.array(segments.inferred),
        ],
        schema=SEGMENTS.arrow,
    )


def _worded(codes: Codes, words: Sequence[StrEnum]) -> pa.DictionaryArray[Any, Any]:
    indices: Any = pa.array(codes)
    return pa.DictionaryArray.from_arrays(indices, pa.array([word.value for word in words]))
