"""The course of sessions: what is sent to a server when what came before is over, with all else as recorded.

It is the graph of the critical path with the time on servers taken out. Events between two requests are drawn
together: of a chain of tools and pauses only its length counts.

A point waits for others, and comes `delay` ns after each of them at the earliest. Points are session starts,
starts of served requests, joins, instants in the course of a request on which others hang, and session ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Ints, climbed, run_starts, summed_up
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.network import Network
from agenttrace.critical_path.spans import PHASE
from agenttrace.critical_path.stretches import stretches_before
from agenttrace.model.vocabulary import Phase
from agenttrace.replay.served import Served

_PASSES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Pauses:
    """Rows of spans that wait for others, and how long after these they begin, ns."""

    source: Ints
    target: Ints
    delay: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The points of sessions, numbered from 0.

    `source`, `target`, `delay`: the edges, by source. `start`, `end`: of each session its points. `sent`: of each
    request the point at which it is sent. `hangs`: points that wait for an instant of a request besides: `of` which
    one, how long after its start (`offset`, ns, as recorded). `size`: how many points.
    """

    size: int
    source: Ints
    target: Ints
    delay: Ints
    start: Ints
    end: Ints
    sent: Ints
    hangs: Ints
    of: Ints
    offset: Ints


def lay_course(
    graph: Graph, network: Network, served: Served, tool_factor: float = 1.0, pauses: Pauses | None = None
) -> Course:
    """The course of the sessions of a chunk, with tools that take `tool_factor` of their time.

    `pauses`: those that the source states between two spans, in place of what the times say.
    """
    t = _times(graph, network)
    source, target = network.source, network.target
    latest = np.full(network.size, NULL, np.int64)
    np.maximum.at(latest, target, t[source])
    gap = np.where(latest == NULL, 0, t - latest)
    if tool_factor != 1:
        gap = _scaled(graph, gap, tool_factor)
    group, starts = served.of_node, np.zeros(network.size, np.bool_)
    starts[served.rows] = True
    floats = (group != NONE) & ~starts
    outside = ~floats[target] | (group[source] != group[target])
    gap[floats] = 0
    delay = _delays(graph, network, gap, pauses)[outside]
    source, target = source[outside], target[outside]
    ends = graph.nodes.n + graph.spans.first
    fixed = starts | floats
    fixed[graph.spans.first] = fixed[ends] = True
    source, target, delay = _drawn_together(source, target, delay, fixed)
    hangs = np.flatnonzero(floats)
    used = np.zeros(network.size, np.bool_)
    used[source] = True
    hangs = hangs[used[hangs]]
    stays = np.zeros(network.size, np.bool_)
    for nodes in (source, target, graph.spans.first, ends, served.rows, hangs):
        stays[nodes] = True
    kept = np.flatnonzero(stays)
    number = np.full(network.size, NONE, np.int64)
    number[kept] = np.arange(len(kept))
    return Course(
        size=len(kept),
        source=number[source],
        target=number[target],
        delay=delay,
        start=number[graph.spans.first],
        end=number[ends],
        sent=number[served.rows],
        hangs=number[hangs],
        of=group[hangs],
        offset=t[hangs] - graph.forest.start[served.rows[group[hangs]]],
    )


def _delays(graph: Graph, network: Network, gap: Ints, pauses: Pauses | None) -> Ints:
    """Of each edge how long after its source the target comes."""
    delay = gap[network.target].copy()
    if pauses is None or not len(pauses.delay):
        return delay
    edges = np.flatnonzero((network.link != NONE) & (network.source < len(graph.nodes)))
    size = graph.nodes.n
    key = graph.nodes.span[network.source[edges]] * size + network.target[edges]
    stated = pauses.source * size + pauses.target
    order = np.argsort(stated, kind="stable")
    place = np.minimum(np.searchsorted(stated[order], key), len(order) - 1)
    found = stated[order][place] == key
    delay[edges[found]] = pauses.delay[order][place[found]]
    return delay


def _scaled(graph: Graph, gap: Ints, factor: float) -> Ints:
    """Gaps in which a tool ran, so much longer or shorter."""
    node = np.arange(len(graph.nodes))
    tool = stretches_before(graph, node).phase == PHASE[Phase.TOOL]
    changed = gap.copy()
    changed[: len(node)][tool] = np.rint(gap[: len(node)][tool] * factor).astype(np.int64)
    return changed


def _times(graph: Graph, network: Network) -> Ints:
    return np.concatenate([graph.nodes.t, graph.nodes.t[graph.blocks.node[network.gathered]]])


def _drawn_together(source: Ints, target: Ints, delay: Ints, fixed: Bools) -> tuple[Ints, Ints, Ints]:
    """The edges with every point passed over that is not `fixed` and waits for one other alone.

    Of several edges between two points the longest counts. Edges that lead to nothing are dropped.
    """
    size = len(fixed)
    for _ in range(_PASSES):
        arrivals = np.bincount(target, minlength=size)
        single = (arrivals == 1) & ~fixed
        link, length = np.arange(size), np.zeros(size, np.int64)
        into = single[target]
        if not into.any():
            break
        link[target[into]] = source[into]
        length[target[into]] = delay[into]
        root, whole = climbed(link), summed_up(length, link)
        kept = ~into
        source, target, delay = source[kept], target[kept], delay[kept]
        delay = delay + whole[source]
        source = root[source]
        source, target, delay = _longest(source, target, delay)
    return _useful(source, target, delay, fixed)


def _longest(source: Ints, target: Ints, delay: Ints) -> tuple[Ints, Ints, Ints]:
    order = np.lexsort((-delay, target, source))
    source, target, delay = source[order], target[order], delay[order]
    first = run_starts(source, target)
    return source[first], target[first], delay[first]


def _useful(source: Ints, target: Ints, delay: Ints, fixed: Bools) -> tuple[Ints, Ints, Ints]:
    """Without joins that nothing waits for."""
    while True:
        needed = fixed.copy()
        needed[source] = True
        kept = needed[target]
        if kept.all():
            order = np.lexsort((target, source))
            return source[order], target[order], delay[order]
        source, target, delay = source[kept], target[kept], delay[kept]
