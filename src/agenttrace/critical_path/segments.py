"""The critical path as segments: stretches between its events that tile the wall time of each session."""

from __future__ import annotations

from dataclasses import dataclass

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
    path, inferred = _without_passed_marks(graph, path, _hangs_on_inference(graph, path))
    t = graph.nodes.t[path.node]
    last = np.append(path.session[1:] != path.session[:-1], True)[: len(t)]
    lasts = np.flatnonzero(~last)
    lasts = lasts[t[lasts] > t[lasts + 1]]
    node, before = path.node[lasts], path.node[lasts + 1]
    stretch = stretches_before(graph, node)
    nodes = graph.nodes
    evidence = np.maximum(np.maximum(nodes.grade[node], nodes.grade[before]), stretch.known)
    apart = nodes.span[node] != nodes.span[before]
    evidence[apart] = np.maximum(evidence[apart], _DERIVED)
    found = (path.session[lasts], stretch.span, stretch.phase, stretch.purpose, evidence, inferred[lasts])
    return _merged(found, t[lasts + 1], t[lasts])


def _hangs_on_inference(graph: Graph, path: Path) -> Bools:
    """Whether the way from the session's end to each event last turned off at an inferred dependency."""
    known = graph.predecessors.known[path.node]
    first = run_starts(path.session)
    turned = running_last((known != TREE) | first)
    state = np.zeros(len(known), np.bool_)
    state[1:] = known[turned[:-1]] == INFERRED
    state[first] = False
    return state


def _without_passed_marks(graph: Graph, path: Path, inferred: Bools) -> tuple[Path, Bools]:
    """A mark is an event of the path only where the path comes from what hangs on it."""
    marks = np.flatnonzero(path.node >= graph.nodes.marks_from)
    if not len(marks):
        return path, inferred
    span = graph.nodes.span[path.node]
    keep = np.ones(len(path.node), np.bool_)
    keep[marks] = span[marks] != span[marks - 1]
    return Path(path.node[keep], path.session[keep]), inferred[keep]


def _merged(found: tuple[Ints, Ints, Codes, Codes, Codes, Bools], start: Ints, end: Ints) -> Segments:
    """From walks back to segments forward, neighbours that are alike joined."""
    order = _turned_round(found[0])
    session, span, phase, purpose, evidence, inferred = (values[order] for values in found)
    start, end = start[order], end[order]
    first = run_starts(session, span, phase, purpose, evidence, inferred)
    last = np.append(first[1:], True)[: len(first)]
    return Segments(
        session[first],
        span[first],
        phase[first],
        purpose[first],
        evidence[first],
        inferred[first],
        start[first],
        end[last],
    )


def _turned_round(group: Ints) -> Ints:
    """The order that reverses each run of equal values."""
    first = np.flatnonzero(run_starts(group))
    length = np.diff(np.append(first, len(group)))
    return np.repeat(2 * first + length - 1, length) - np.arange(len(group))


def segment_table(graph: Graph, segments: Segments) -> pa.Table:
    """The segments as the declared table."""
    spans = graph.spans
    number = segments.span - spans.first[segments.session]
    return pa.table(
        [
            pa.array(spans.names).take(pa.array(segments.session)),
            pa.array(number.astype(np.int32)),
            *(
                pa.DictionaryArray.from_arrays(pa.array(values), pa.array([word.value for word in words]))
                for values, words in (
                    (segments.phase, PHASES),
                    (segments.purpose, PURPOSES),
                )
            ),
            pa.array(segments.start),
            pa.array(segments.end),
            pa.DictionaryArray.from_arrays(
                pa.array(segments.evidence), pa.array([word.value for word in EVIDENCE])
            ),
            pa.array(segments.inferred),
        ],
        schema=SEGMENTS.arrow,
    )

