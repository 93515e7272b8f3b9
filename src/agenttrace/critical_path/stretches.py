"""Whose time the stretch before an event is, in which phase and for which purpose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Codes, Ints
from agenttrace.critical_path.division import STRETCHES
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.instants import stretch_to
from agenttrace.critical_path.spans import GRADE, PHASE, PURPOSE
from agenttrace.model.vocabulary import Evidence, Phase, Purpose

_MEASURED = GRADE[Evidence.MEASURED]


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Of each event the time before it: the span it belongs to, its phase, its purpose.

    `known`: the evidence of its length beyond that of its two ends.
    """

    span: Ints
    phase: Codes
    purpose: Codes
    known: Codes


def stretches_before(graph: Graph, node: Ints) -> Stretches:
    """The stretches that end at these events. What comes before a child's start is its parent's own time."""
    nodes, instants = graph.nodes, graph.instants
    span = nodes.span[node]
    starts = np.flatnonzero(node < nodes.n)
    span[starts] = graph.forest.parent[span[starts]]
    phase = instants.whole[span]
    known = np.full(len(node), _MEASURED, np.int8)
    place = instants.place[span]
    divided = np.flatnonzero(place != NONE)
    place = place[divided]
    cell = place * STRETCHES + _stretch(graph, node[divided], place)
    phase[divided] = instants.phase.reshape(-1)[cell]
    known[divided] = instants.known.reshape(-1)[cell]
    purpose = graph.spans.purpose[span]
    backoff = starts[graph.predecessors.backoff[node[starts]]]
    phase[backoff] = PHASE[Phase.BACKOFF]
    purpose[backoff] = PURPOSE[Purpose.FAILED_ATTEMPT]
    return Stretches(span, phase, purpose, known)


def _stretch(graph: Graph, node: Ints, place: Ints) -> Ints:
    """Which stretch of a divided span ends at each event, or goes on there."""
    nodes = graph.nodes
    stretch = np.empty(len(node), np.int64)
    inner = np.flatnonzero(node >= 2 * nodes.n)
    stretch[inner] = nodes.stretch[node[inner] - 2 * nodes.n]
    ends = np.flatnonzero((node >= nodes.n) & (node < 2 * nodes.n))
    stretch[ends] = nodes.last_stretch[place[ends]]
    starts = np.flatnonzero(node < nodes.n)
    stretch[starts] = stretch_to(graph.instants, place[starts], nodes.t[node[starts]])
    return stretch
