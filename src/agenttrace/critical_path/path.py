"""The critical path: from the end of each session back over what was waited for longest, to its start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints, expanded
from agenttrace.critical_path.graph import Graph

_FEW = 24
"""So many walks are cheaper step by step than as arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The nodes of all paths, from the end of each session to its start; `ends` marks where one begins."""

    node: Ints
    session: Ints


def find_critical_path(graph: Graph) -> Path:
    """The path of every session."""
    before = graph.predecessors.node
    n = graph.nodes.n
    plain = np.flatnonzero(~graph.blocks.inner)
    step = before.copy()
    step[n + plain] = before[plain]
    session, node = _walk(step, n + graph.spans.first)
    return _with_passed_instants(graph, session, node)


def _walk(step: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """All sessions one step at a time, and the longest few, once they are left over, one by one."""
    session = np.arange(len(ends))
    at = ends
    sessions, nodes = [], []
    while len(at) > _FEW:
        sessions.append(session)
        nodes.append(at)
        at = step[at]
        on = at != NONE
        if not on.all():
            at, session = at[on], session[on]
    view = memoryview(step)
    for number, last in zip(session.tolist(), at.tolist(), strict=True):
        walked = _walk_one(view, last)
        nodes.append(walked)
        sessions.append(np.full(len(walked), number))
    if not nodes:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found = np.concatenate(sessions)
    order = np.argsort(found, kind="stable")
    return found[order], np.concatenate(nodes)[order]


def _walk_one(step: memoryview, node: int) -> Ints:
    walked = []
    while node != NONE:
        walked.append(node)
        node = step[node]
    return np.array(walked, np.int64)


def _with_passed_instants(graph: Graph, session: Ints, node: Ints) -> Path:
    """Spans without a block were taken in one step: their boundaries and their starts are put back."""
    n = graph.nodes.n
    span = graph.nodes.span[node]
    leaped = (node >= n) & (node < 2 * n) & ~graph.blocks.inner[span]
    inside = np.where(leaped, graph.nodes.inner_count[span], 0)
    old, place = expanded(1 + inside + leaped)
    full = node[old]
    within = (place > 0) & (place <= inside[old])
    full[within] = (graph.nodes.inner_first[span] + inside)[old[within]] - place[within]
    start = (place > 0) & ~within
    full[start] = span[old[start]]
    return Path(full, session[old])
