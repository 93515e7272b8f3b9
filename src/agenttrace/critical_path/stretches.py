"""Whose time the stretch before an event is, in which phase and for which purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Codes, Ints
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.instants import stretch_to
from agenttrace.critical_path.spans import GRADE, PHASE, PURPOSE
from agenttrace.model.vocabulary import Evidence, Phase, Purpose

_MEASURED = GRADE[Evidence.MEASURED]


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Of each event the time before it.

    The `span` that it belongs to, its phase, its purpose, and how well its length is known beyond what is
    known of its two ends.
    """

    span: Ints
    phase: Codes
    purpose: Codes
    known: Codes


def stretches_before(graph: Graph, node: Ints) -> Stretches:
    """The stretches that end at these events. What comes before a child's start is its parent's own time."""
    nodes, instants = graph.nodes, graph.instants
    n = nodes.n
    starts, ends = node < n, (node >= n) & (node < 2 * n)
    span = np.where(starts, graph.forest.parent[nodes.span[node]], nodes.span[node])
    place = instants.place[span]
    divided = place != NONE
    stretch = np.zeros(len(node), np.int64)
    at = starts & divided
    stretch[at] = stretch_to(instants, place[at], nodes.t[node[at]])
    at = ends & divided
    stretch[at] = nodes.last_stretch[place[at]]
    at = ~starts & ~ends & divided
    stretch[at] = nodes.stretch[node[at] - 2 * n]
    phase = instants.whole[span]
    phase[divided] = instants.phase[place[divided], stretch[divided]]
    known = np.full(len(node), _MEASURED, np.int8)
    known[divided] = instants.known[place[divided], stretch[divided]]
    backoff = graph.predecessors.backoff[node]
    phase[backoff] = PHASE[Phase.BACKOFF]
    purpose = graph.spans.purpose[span]
    purpose[backoff] = PURPOSE[Purpose.FAILED_ATTEMPT]
    return Stretches(span, phase, purpose, known)
