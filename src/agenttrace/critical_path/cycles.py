"""Links that would make an event wait for itself: found among events of one instant, and dropped.

Parentage and what time says never do that: they lead from earlier to later events, and within an instant from
ends to starts. Only links between events of one instant can. From the start that such a link leads to, all
that follows at once lies inside spans that start then too, so a link can only go on from there if the span
that it comes from does, and more begins or ends in the one that it leads to. That is rare: the network is
woven for those instants alone.
"""

from __future__ import annotations

import numpy as np

from agenttrace.critical_path.arrays import Bools, Ints, counts
from agenttrace.critical_path.blocks import Blocks
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.network import Network, weave
from agenttrace.critical_path.nodes import Nodes
from agenttrace.critical_path.predecessors import with_gates
from agenttrace.critical_path.spans import SpanArrays


def break_cycles(
    spans: SpanArrays, forest: Forest, nodes: Nodes, blocks: Blocks, dependencies: Dependencies
) -> tuple[Dependencies, Ints]:
    """The dependencies that can all hold, and the rows that lost some: inferred ones are dropped first."""
    dropped = [np.zeros(0, np.int64)]
    while len(instants := _turning_instants(forest, nodes, dependencies)):
        network = weave(forest, nodes, blocks, with_gates(dependencies, spans, blocks))
        tangled = _tangled_links(network, nodes, instants)
        tangled = tangled[tangled < len(dependencies)]
        if not len(tangled):
            break
        inferred = tangled[~dependencies.explicit[tangled]]
        gone = inferred if len(inferred) else tangled
        dropped.append(dependencies.target[gone])
        keep = np.ones(len(dependencies), np.bool_)
        keep[gone] = False
        dependencies = dependencies.where(keep)
    return dependencies, np.unique(np.concatenate(dropped))


def _turning_instants(forest: Forest, nodes: Nodes, dependencies: Dependencies) -> Ints:
    """The instants at which links may lead back to where they come from."""
    source, due = nodes.span[dependencies.node], forest.start[dependencies.target]
    at_once = np.flatnonzero((nodes.t[dependencies.node] == due) & (forest.start[source] == due))
    if not len(at_once):
        return at_once
    target, due = dependencies.target[at_once], due[at_once]
    row = np.arange(nodes.n)
    with_start = np.flatnonzero((forest.start == forest.start[forest.parent]) & (forest.parent != row))
    begins_more = np.zeros(nodes.n, np.bool_)
    begins_more[forest.parent[with_start]] = True
    begins_more[source[at_once]] = True
    return np.unique(due[(forest.end[target] == due) | begins_more[target]])


def _tangled_links(network: Network, nodes: Nodes, instants: Ints) -> Ints:
    """Links on cycles, or between two cycles, of edges that take no time, at these instants."""
    t = np.concatenate([nodes.t, np.full(network.size - len(nodes), np.int64(0))])
    made = network.target >= len(nodes)
    np.maximum.at(t, network.target[made], t[network.source[made]])
    at_once = (t[network.source] == t[network.target]) & np.isin(t[network.source], instants)
    source, target, link = (edge[at_once] for edge in (network.source, network.target, network.link))
    used, place = np.unique(np.concatenate([source, target]), return_inverse=True)
    source, target = place[: len(source)], place[len(source) :]
    left = _without_loose_ends(source, target, len(used))
    left &= _without_loose_ends(target, source, len(used))
    both = left[source] & left[target] & (link >= 0)
    tangled: Ints = link[both]
    return tangled


def _without_loose_ends(source: Ints, target: Ints, size: int) -> Bools:
    """Nodes that remain when those that nothing leads to are taken away, one after the other."""
    order = np.argsort(source, kind="stable")
    after = target[order].tolist()
    width = counts(source, size)
    first = (np.cumsum(width) - width).tolist()
    last = np.cumsum(width).tolist()
    waits = counts(target, size)
    free = np.flatnonzero(waits == 0).tolist()
    open_ = waits.tolist()
    gone = np.zeros(size, np.bool_)
    while free:
        node = free.pop()
        gone[node] = True
        for follower in after[first[node] : last[node]]:
            open_[follower] -= 1
            if not open_[follower]:
                free.append(follower)
    return ~gone
