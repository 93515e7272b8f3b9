"""The forward pass: when everything happens if the gaps between events are others than those recorded.

`t(event) = gap + max over what it waited for`. Capsules (capsules.py) are computed each on its own, the inner
ones first, from their start as time 0; where they stand in what surrounds them, they are one event, whose gap is
that before their start and the time that they take. So levels of events are few and wide: all capsules of all
sessions of a chunk take part in each. Where only a few events are left on a level, they are taken one by one.
With the recorded gaps every recorded time comes out again (law L7).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints, run_starts, sorting, summed_up
from agenttrace.critical_path.capsules import Capsules, find_capsules, holders
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.levels import Stage, levels, stages
from agenttrace.critical_path.network import Network, weave
from agenttrace.native.graphs import by_level
from agenttrace.native.passes import forward


@dataclass(frozen=True, eq=False)
class Schedule:
    """The graph in the order in which times become known; it serves any number of passes.

    The events to compute come level after level, from 1 on; 0 stands for the start of the capsule that one
    lies in. `node`: which node of the network an event is; the start of a capsule stands for all of it. `at`:
    of each node its event, 0 for what is no event by itself. `level`: of each event. `first`: where the edges
    of each begin, and `source`, the event that an edge comes from. `capsule`: the one that an event lies in.
    `takes`: of the start of a capsule with events inside, the event of its end; 0 for others.
    """

    graph: Graph
    network: Network
    capsules: Capsules
    node: Ints
    at: Ints
    level: Ints
    first: Ints
    source: Ints
    capsule: Ints
    takes: Ints

    def __len__(self) -> int:
        """The number of events, the one that stands for starts among them."""
        return len(self.node)

    @cached_property
    def stages(self) -> list[Stage]:
        """Events from, to, and whether they are one level."""
        levels_of = self.level[1:]
        found = stages(levels_of, int(levels_of.max(initial=-1)) + 1)
        return [(low + 1, high + 1, wide) for low, high, wide in found]


def plan(graph: Graph) -> Schedule:
    """The schedule of a graph."""
    network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
    return plan_network(graph, network)


def plan_network(graph: Graph, network: Network) -> Schedule:
    """The schedule of a graph with the edges of `network`. Raises ValueError where these form a cycle."""
    holder = holders(graph, network)
    capsules = find_capsules(graph, network, holder)
    source, target = _edges(graph, network, capsules)
    wraps = np.flatnonzero(capsules.closed & graph.blocks.inner)
    n, none = graph.nodes.n, source == NONE
    level_of, count = levels(
        np.concatenate([source[~none], n + wraps]), np.concatenate([target[~none], wraps]), network.size
    )
    if (level_of[target] == NONE).any():
        raise ValueError("these dependencies wait for themselves")
    event, at, first, places = _by_level(source, target, level_of, count)
    return Schedule(
        graph=graph,
        network=network,
        capsules=capsules,
        node=np.concatenate([[NONE], event]),
        at=at,
        level=np.concatenate([[0], level_of[event]]),
        first=first,
        source=places,
        capsule=np.concatenate([[NONE], _surroundings(graph, holder[event], capsules, event)]),
        takes=np.concatenate([[0], _takes(graph, capsules, event, at)]),
    )


def _by_level(source: Ints, target: Ints, level_of: Ints, count: int) -> tuple[Ints, Ints, Ints, Ints]:
    """`node` but for its first, `at`, `first` and `source` of the schedule of these edges."""
    found = by_level(source, target, level_of, count)
    if found is not None:
        return found
    is_event = np.zeros(len(level_of), np.bool_)
    is_event[target] = True
    event = np.flatnonzero(is_event)
    event = event[sorting(level_of[event])]
    at = np.zeros(len(level_of) + 1, np.int64)
    at[event] = 1 + np.arange(len(event))
    by_target = sorting(at[target])
    arrives = at[target[by_target]]
    first = np.concatenate([[0], np.flatnonzero(run_starts(arrives)), [len(arrives)]])
    return event, at[:-1], first, at[source[by_target]]


def _edges(graph: Graph, network: Network, capsules: Capsules) -> tuple[Ints, Ints]:
    """Source (NONE: the start of the capsule around) and target; none inside spans without a block."""
    n = graph.nodes.n
    closed = np.flatnonzero(capsules.closed)
    stands = np.append(np.arange(network.size), NONE)
    stands[closed] = NONE
    stands[n + closed] = closed
    sessions = graph.spans.first
    stands[n + sessions] = n + sessions
    passed = np.zeros(network.size, np.bool_)
    passed[n : len(graph.nodes)] = ~graph.blocks.inner[graph.nodes.span[n:]]
    kept = ~passed[network.target]
    return stands[network.source[kept]], network.target[kept]


def _surroundings(graph: Graph, span: Ints, capsules: Capsules, node: Ints) -> Ints:
    begins = node < graph.nodes.n
    return np.where(begins, capsules.around[span], capsules.inside[span])


def _takes(graph: Graph, capsules: Capsules, node: Ints, at: Ints) -> Ints:
    n = graph.nodes.n
    takes = np.zeros(len(node), np.int64)
    wraps = np.flatnonzero(node < n)
    wraps = wraps[(capsules.closed & graph.blocks.inner)[node[wraps]]]
    takes[wraps] = at[n + node[wraps]]
    return takes


def plain_lengths(graph: Graph, gaps: Ints) -> Ints:
    """Of every span without a block how long it takes; 0 for all others. Of many passes gaps have a column each."""
    nodes = graph.nodes
    n = nodes.n
    passed = np.zeros((nodes.marks_from - 2 * n + 1, *gaps.shape[1:]), np.int64)
    np.cumsum(gaps[2 * n : nodes.marks_from], axis=0, out=passed[1:])
    low = nodes.inner_first - 2 * n
    length: Ints = passed[low + nodes.inner_count] - passed[low] + gaps[n : 2 * n]
    length[graph.blocks.inner] = 0
    return length


def _within(graph: Graph, gaps: Ints) -> Ints:
    """How long after the start of its span an event of a span without a block comes; 0 for all others."""
    nodes = graph.nodes
    n = nodes.n
    within = np.zeros(len(nodes), np.int64)
    passed = np.concatenate([np.zeros(1, np.int64), np.cumsum(gaps[2 * n : nodes.marks_from])])
    low = nodes.inner_first - 2 * n
    inside = np.arange(2 * n, nodes.marks_from)
    within[inside] = passed[1:] - passed[low[nodes.span[inside]]]
    within[n : 2 * n] = plain_lengths(graph, gaps)
    return within


def run(schedule: Schedule, gaps: Ints) -> Ints:
    """How long after the start of its capsule every event is over under these gaps, one a node."""
    graph = schedule.graph
    n, nodes = graph.nodes.n, len(graph.nodes)
    whole = np.zeros(schedule.network.size + 1, np.int64)
    whole[:nodes] = gaps
    delayed = schedule.network.delayed
    if len(delayed):
        whole[schedule.network.size - len(delayed) : -1] = gaps[delayed]
        whole[delayed] = 0
    whole[:n] += plain_lengths(graph, gaps) * schedule.capsules.closed
    gap = whole[schedule.node]
    time = np.zeros(len(schedule), np.int64)
    if not forward(schedule.first, schedule.source, schedule.takes, gap, time):
        _Pass(schedule, gap, time).run(schedule.stages)
    return time


class _Pass:
    """One pass over the events."""

    def __init__(self, schedule: Schedule, gap: Ints, time: Ints) -> None:
        self._arrays = (schedule.first, schedule.source, schedule.takes, gap, time)
        self._views = tuple(array.data for array in self._arrays)
        self._wraps = np.concatenate([[0], np.cumsum(schedule.takes > 0)])

    def run(self, all_stages: list[Stage]) -> None:
        for low, high, at_once in all_stages:
            if at_once:
                self._level(low, high)
            else:
                self._one_by_one(low, high)

    def _level(self, low: int, high: int) -> None:
        first, source, takes, gap, time = self._arrays
        edges = slice(first[low], first[high])
        reached = np.maximum.reduceat(time[source[edges]], first[low:high] - edges.start)
        reached += gap[low:high]
        if self._wraps[high] > self._wraps[low]:
            reached += time[takes[low:high]]
        time[low:high] = reached

    def _one_by_one(self, low: int, high: int) -> None:
        first, source, takes, gap, time = self._views
        edge = first[low]
        for event in range(low, high):
            end = first[event + 1]
            latest = time[source[edge]]
            for other in range(edge + 1, end):
                reached = time[source[other]]
                latest = max(latest, reached)
            time[event] = latest + gap[event] + time[takes[event]]
            edge = end


def walls(schedule: Schedule, gaps: Ints) -> Ints:
    """How long every session takes under these gaps, one a node."""
    first, n = schedule.graph.spans.first, schedule.graph.nodes.n
    time = run(schedule, gaps)
    inner = schedule.graph.blocks.inner[first]
    if inner.all():
        return time[schedule.at[n + first]]
    return np.where(inner, time[schedule.at[n + first]], plain_lengths(schedule.graph, gaps)[first])


def retime(schedule: Schedule, gaps: Ints) -> Ints:
    """The time of every node under these gaps, one a node; that of a session's start is its instant."""
    graph, capsules = schedule.graph, schedule.capsules
    nodes = graph.nodes
    n, row = nodes.n, np.arange(nodes.n)
    time = run(schedule, gaps)
    inner = graph.blocks.inner
    takes = plain_lengths(graph, gaps)
    takes[inner] = time[schedule.at[n + row[inner]]]
    begins = np.where(capsules.closed, time[schedule.at[:n]] - takes, 0)
    begins[graph.spans.first] = gaps[graph.spans.first]
    start = summed_up(begins, capsules.around)
    found = np.empty(len(nodes), np.int64)
    found[:n] = np.where(capsules.closed, start, time[schedule.at[:n]] + start[capsules.inside])
    after = _within(graph, gaps)
    blocked = inner[nodes.span[n:]]
    inside = np.where(blocked, time[schedule.at[n : len(nodes)]], after[n:])
    base = np.where(blocked, start[capsules.inside[nodes.span[n:]]], found[nodes.span[n:]])
    found[n:] = inside + base
    return found
