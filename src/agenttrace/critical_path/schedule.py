"""The forward pass: when everything happens if the gaps between events are others than those recorded.

`t(event) = gap + max over what it waited for`. Events are computed level by level, all sessions of a chunk
at once; where only a few are left on a level, one by one. Spans without a block are taken as one
step from start to end. With the recorded gaps every recorded time comes out again (law L7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints, counts, expanded, run_starts
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.network import weave

_FEW = 24
"""So many events are cheaper one by one than as arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The graph in the order in which times become known.

    `node`: the events to compute, level after level; `first`: where the edges of each begin; `source`: the
    event that an edge comes from, or the start of the span without a block that it lies in, and `inside`
    the event itself. `stages`: rows of `node` from, to, and whether they are one level.
    """

    graph: Graph
    size: int
    root: Ints
    node: Ints
    first: Ints
    source: Ints
    inside: Ints
    stages: list[tuple[int, int, bool]]


def plan(graph: Graph) -> Schedule:
    """The schedule of a graph; it serves any number of forward passes."""
    nodes, blocks = graph.nodes, graph.blocks
    network = weave(graph.forest, nodes, blocks, graph.dependencies)
    anchor = np.arange(network.size)
    plain = ~blocks.inner[nodes.span]
    plain[: nodes.n] = False
    anchor[: len(nodes)][plain] = nodes.span[plain]
    needed = anchor[network.target] == network.target
    inside, target = network.source[needed], network.target[needed]
    source = anchor[inside]
    level_of, levels = _levels(source, target, network.size)
    by_level = np.argsort(level_of[target] * network.size + target, kind="stable")
    source, inside, target = source[by_level], inside[by_level], target[by_level]
    first = np.flatnonzero(run_starts(target))
    node = target[first]
    return Schedule(
        graph=graph,
        size=network.size,
        root=graph.spans.first,
        node=node,
        first=np.append(first, len(target)),
        source=source,
        inside=inside,
        stages=_stages(level_of[node], levels),
    )


def retime(schedule: Schedule, gaps: Ints) -> Ints:
    """The time of every node under these gaps, one a node; that of a session's start is its instant."""
    graph = schedule.graph
    gap = np.zeros(schedule.size, np.int64)
    gap[: len(gaps)] = gaps
    within = _within_spans(graph, gap)
    time = np.zeros(schedule.size, np.int64)
    time[schedule.root] = gap[schedule.root]
    offset = within[schedule.inside]
    view = _Views(schedule, time, gap, offset)
    for low, high, at_once in schedule.stages:
        if at_once:
            edges = slice(schedule.first[low], schedule.first[high])
            reached = time[schedule.source[edges]] + offset[edges]
            node = schedule.node[low:high]
            time[node] = np.maximum.reduceat(reached, schedule.first[low:high] - edges.start) + gap[node]
        else:
            view.step(low, high)
    nodes = graph.nodes
    plain = ~graph.blocks.inner[nodes.span]
    plain[: nodes.n] = False
    time[: len(nodes)][plain] = (time[nodes.span] + within[: len(nodes)])[plain]
    return time[: len(nodes)]


class _Views:
    """The arrays of a forward pass, to be read and written one by one."""

    def __init__(self, schedule: Schedule, time: Ints, gap: Ints, offset: Ints) -> None:
        self._node, self._first = schedule.node.data, schedule.first.data
        self._source, self._offset = schedule.source.data, offset.data
        self._time, self._gap = time.data, gap.data

    def step(self, low: int, high: int) -> None:
        node, first, source, offset, time, gap = (
            *(self._node, self._first, self._source),
            *(self._offset, self._time, self._gap),
        )
        edge = first[low]
        for row in range(low, high):
            end = first[row + 1]
            latest = time[source[edge]] + offset[edge]
            for other in range(edge + 1, end):
                reached = time[source[other]] + offset[other]
                latest = max(latest, reached)
            time[node[row]] = latest + gap[node[row]]
            edge = end


def _within_spans(graph: Graph, gap: Ints) -> Ints:
    """How long after the start of its span an event of a span without a block comes; 0 for all others."""
    nodes, inner = graph.nodes, graph.blocks.inner
    n = nodes.n
    within = np.zeros(len(gap), np.int64)
    passed = np.concatenate([np.zeros(1, np.int64), np.cumsum(gap[2 * n : nodes.marks_from])])
    low = nodes.inner_first - 2 * n
    inside = np.arange(2 * n, nodes.marks_from)
    within[inside] = passed[1:] - passed[low[nodes.span[inside]]]
    within[n : 2 * n] = passed[low + nodes.inner_count] - passed[low] + gap[n : 2 * n]
    blocked = inner[nodes.span]
    within[: len(nodes)][blocked] = 0
    return within


def _levels(source: Ints, target: Ints, size: int) -> tuple[Ints, int]:
    """For each node the longest way to it, in edges, and how many levels that makes."""
    order = np.argsort(source, kind="stable")
    after = target[order]
    width = counts(source, size)
    start = np.cumsum(width) - width
    waits = counts(target, size)
    level_of = np.zeros(size, np.int64)
    free = np.flatnonzero((waits == 0) & (width > 0))
    level = 0
    while len(free):
        if len(free) > _FEW:
            old, place = expanded(width[free])
            reached = after[start[free][old] + place]
            np.subtract.at(waits, reached, 1)
            free = np.unique(reached[waits[reached] == 0])
        else:
            free = _few_free(free, start, width, after, waits)
        level += 1
        level_of[free] = level
    return level_of, level


def _few_free(free: Ints, start: Ints, width: Ints, after: Ints, waits: Ints) -> Ints:
    following = []
    starts, widths, afters, waiting = (
        start.data,
        width.data,
        after.data,
        waits.data,
    )
    for node in free.tolist():
        low = starts[node]
        for edge in range(low, low + widths[node]):
            reached = afters[edge]
            waiting[reached] -= 1
            if not waiting[reached]:
                following.append(reached)
    return np.array(following, np.int64)


def _stages(level_of: Ints, levels: int) -> list[tuple[int, int, bool]]:
    """Wide levels one by one, narrow ones together."""
    bounds = np.searchsorted(level_of, np.arange(1, levels + 1)).tolist()
    stages: list[tuple[int, int, bool]] = []
    for low, high in zip(bounds, [*bounds[1:], len(level_of)], strict=True):
        if high - low > _FEW:
            stages.append((low, high, True))
        elif high > low:
            joins = bool(stages) and not stages[-1][2]
            stages.append((stages.pop()[0] if joins else low, high, False))
    return stages
