"""Spans that depend on the rest of the session only by their start, and the rest on them only by their end.

Such a span is a capsule. Whatever changes inside it, all that the outside sees is that it takes another time;
whatever changes outside moves it as a whole. So each capsule is computed apart from all others, with its start
as time 0, and stands in what surrounds it for a single event that takes as long as it does. Most spans are
capsules; what an edge crosses is not: a request in whose middle a tool starts, a span that is outlived by its child.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agenttrace.critical_path.arrays import (
    Bools,
    Ints,
    climbed,
    counts,
    depths,
    running_last,
    sorting,
    summed_up,
    sums,
)
from agenttrace.critical_path.blocks import PLACE
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.network import Network
from agenttrace.critical_path.nodes import OPENED
from agenttrace.native.graphs import crossed

_SHALLOW = 64
"""Trees up to this depth are summed level by level, deeper ones row by row."""


@dataclass(frozen=True, slots=True, eq=False)
class Capsules:
    """Which spans are capsules (`closed`): a session always is one.

    `inside`: the capsule that what happens in a span belongs to, itself if it is one. `around`: the one that a
    span lies in; of a session's, itself.
    """

    closed: Bools
    inside: Ints
    around: Ints


def find_capsules(graph: Graph, network: Network, holder: Ints) -> Capsules:
    """The capsules of a chunk; `holder`: see `holders`."""
    parent = graph.forest.parent
    closed = np.ones(len(parent), np.bool_)
    one, other = _crossings(graph, network, holder)
    if len(one):
        by_kernel = crossed(parent, one, other)
        closed = ~(_crossed(parent, one, other) if by_kernel is None else by_kernel)
        closed[graph.spans.first] = True
    inside = climbed(np.where(closed, np.arange(len(parent)), parent))
    return Capsules(closed, inside, inside[parent])


def holders(graph: Graph, network: Network) -> Ints:
    """Of each node of the network the span in whose own course it lies."""
    blocks, nodes = graph.blocks, graph.nodes
    opened = running_last((blocks.what & PLACE) == OPENED)[network.gathered]
    return np.concatenate([nodes.span, nodes.span[blocks.node[opened]], graph.forest.parent[network.delayed]])


def _crossings(graph: Graph, network: Network, holder: Ints) -> tuple[Ints, Ints]:
    """The edges that do more than lead from an end or a start into what is next to it: between which spans."""
    parent, n = graph.forest.parent, graph.nodes.n
    one, other = holder[network.source], holder[network.target]
    ended = (network.source >= n) & (network.source < 2 * n)
    begins = network.target < n
    one = np.where(ended, parent[one], one)
    other = np.where(begins, parent[other], other)
    apart = one != other
    return one[apart], other[apart]


def _crossed(parent: Ints, one: Ints, other: Ints) -> Bools:
    """Spans with exactly one of `one` and `other` in their subtree, for any of these pairs."""
    place, size = preorder(parent)
    low = np.arange(len(parent))
    high = low.copy()
    one, other = place[one], place[other]
    np.minimum.at(low, np.maximum(one, other), np.minimum(one, other))
    np.maximum.at(high, np.minimum(one, other), np.maximum(one, other))
    crossed = np.zeros(len(parent), np.bool_)
    step = np.frexp(size)[1] - 1
    for power in range(int(step.max()) + 1):
        span = np.flatnonzero(step == power)
        first = place[span]
        last = first + size[span] - 1
        second = last + 1 - (1 << power)
        crossed[span] = np.minimum(low[first], low[second]) < first
        crossed[span] |= np.maximum(high[first], high[second]) > last
        low = np.minimum(low[: -(1 << power)], low[1 << power :])
        high = np.maximum(high[: -(1 << power)], high[1 << power :])
    return crossed


def preorder(parent: Ints) -> tuple[Ints, Ints]:
    """Places at which every subtree is one stretch, a parent first; and how many rows each subtree has."""
    depth = depths(parent)
    size = _subtree_sizes(parent, depth)
    order = sorting(np.where(depth == 0, 0, parent + 1))
    before = np.cumsum(size[order]) - size[order]
    width = counts(parent[depth > 0], len(parent))
    roots = int(np.count_nonzero(depth == 0))
    first_child = roots + np.cumsum(width) - width
    place = np.empty(len(parent), np.int64)
    place[order] = before
    below = np.flatnonzero(depth)
    place[below] += 1 - before[first_child[parent[below]]]
    return summed_up(place, parent), size


def _subtree_sizes(parent: Ints, depth: Ints) -> Ints:
    deepest = int(depth.max(initial=0))
    size = np.ones(len(parent), np.int64)
    order = sorting(deepest - depth)
    if deepest > _SHALLOW:
        below = order[depth[order] > 0]
        view = size.data
        for row, above in zip(below.tolist(), parent[below].tolist(), strict=True):
            view[above] += view[row]
        return size
    bounds = np.searchsorted(-depth[order], np.arange(-deepest, 1)).tolist()
    for low, high in pairwise(bounds):
        rows = order[low:high]
        size += sums(size[rows], parent[rows], len(parent))
    return size
