"""The critical path: from the end of each session back over what was waited for longest, to its start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints, expanded
from agenttrace.critical_path.graph import Graph
from agenttrace.native.graphs import walks

_FEW = 24
"""So many walks are cheaper one by one than side by side."""

_STRIDE = 64
"""After so many steps side by side the walks that have arrived are taken away."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The events of all paths, session after session, each from its start to its end."""

    node: Ints
    session: Ints


def find_critical_path(graph: Graph) -> Path:
    """The path of every session."""
    before = graph.predecessors.node
    n = graph.nodes.n
    plain = np.flatnonzero(~graph.blocks.inner)
    step = np.append(before, NONE)
    step[n + plain] = before[plain]
    session, node = _walk(step, n + graph.spans.first)
    return _with_passed_instants(graph, session, node)


def _walk(step: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """All sessions side by side, and the longest few, once they are left over, one by one.

    `step` leads from each node to the one before it, from a session's start and from the last row to NONE.
    """
    by_kernel = walks(step, ends)
    if by_kernel is not None:
        length, node = by_kernel
        return np.repeat(np.arange(len(ends)), length), node
    session = np.arange(len(ends))
    at = ends
    sessions, nodes, places = [], [], []
    done = 0
    while len(at) > _FEW:
        for _ in range(_STRIDE):
            sessions.append(session)
            nodes.append(at)
            at = step[at]
        done += _STRIDE
        session, at = session[at != NONE], at[at != NONE]
    if nodes:
        places.append(np.repeat(np.arange(done), [len(part) for part in nodes]))
    view = step.data
    for number, last in zip(session.tolist(), at.tolist(), strict=True):
        walked = _walk_one(view, last)
        nodes.append(walked)
        sessions.append(np.full(len(walked), number))
        places.append(np.arange(done, done + len(walked)))
    return _turned_round(sessions, nodes, places, len(ends))


def _walk_one(step: memoryview, node: int) -> Ints:
    walked = []
    while node != NONE:
        walked.append(node)
        node = step[node]
    return np.array(walked, np.int64)


def _turned_round(
    sessions: list[Ints], nodes: list[Ints], places: list[Ints], count: int
) -> tuple[Ints, Ints]:
    """Steps back from the ends as paths from the starts; steps beyond a start are left out."""
    if not nodes:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    session, node, place = np.concatenate(sessions), np.concatenate(nodes), np.concatenate(places)
    real = node != NONE
    if not real.all():
        session, node, place = session[real], node[real], place[real]
    length = np.bincount(session, minlength=count)
    row = np.cumsum(length)[session] - 1 - place
    found = np.empty(len(node), np.int64)
    found[row] = node
    return np.repeat(np.arange(count), length), found


def _with_passed_instants(graph: Graph, session: Ints, node: Ints) -> Path:
    """Spans without a block were taken in one step: their starts and their boundaries are put back."""
    nodes = graph.nodes
    n = nodes.n
    leaped = np.flatnonzero((node >= n) & (node < 2 * n))
    span = node[leaped] - n
    leaped = leaped[~graph.blocks.inner[span]]
    span = node[leaped] - n
    inside = nodes.inner_count[span]
    length = np.ones(len(node), np.int64)
    length[leaped] = inside + 2
    at = np.cumsum(length)
    full = np.empty(int(at[-1]) if len(at) else 0, np.int64)
    full[at - 1] = node
    first = at[leaped] - inside - 2
    full[first] = span
    old, place = expanded(inside)
    full[first[old] + 1 + place] = nodes.inner_first[span][old] + place
    return Path(full, np.repeat(session, length))
