"""Which spans a server works on, and which events of the graph happen in their course.

A request that holds a server's view of itself is network around that view: the view is what is served. Plain
spans inside (a route, a handler) happen while the server works, and move with it; so do those that lie beside the view
in the request around it, and begin while it runs. A client that broke off is done at an instant in the server's course.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Ints, climbed
from agenttrace.critical_path.capsules import holders
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.instants import find_holders
from agenttrace.critical_path.network import Network
from agenttrace.model.vocabulary import SpanKind


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """`rows`: the spans served, in order. `request`: of each the row of the client's request, itself mostly.

    `of_node`: of every node of the network the place in `rows` of the span in whose course it lies, or NONE.
    `queue_end`, `first_token`: of each the instants that divide it, NULL where they are not known.
    """

    rows: Ints
    request: Ints
    of_node: Ints
    queue_end: Ints
    first_token: Ints


def find_served(graph: Graph, network: Network) -> Served:
    """The served spans of a chunk."""
    spans, forest = graph.spans, graph.forest
    told, plain, holder = find_holders(spans, forest)
    is_request = spans.is_kind(SpanKind.REQUEST) & (spans.own_phase == NONE)
    one = told | is_request
    seen_inside = np.zeros(len(spans), np.bool_)
    seen_inside[holder[one & (told | is_request)[holder] & (holder != np.arange(len(spans)))]] = True
    rows = np.flatnonzero(one & ~seen_inside)
    place = np.full(len(spans), NONE, np.int64)
    place[rows] = np.arange(len(rows))
    top = climbed(np.where(plain, forest.parent, np.arange(len(spans))))
    whose, outermost = place[top], _outermost(holder, one)
    beside = np.flatnonzero(plain & seen_inside[top])
    whose[beside] = _running(forest, rows, outermost[rows], beside, outermost[top[beside]])
    of_node = whose[holders(graph, network)]
    broken_off = np.flatnonzero(forest.end[outermost[rows]] < forest.end[rows])
    of_node[len(spans) + outermost[rows[broken_off]]] = broken_off
    queue_end, first_token = _instants(graph, rows)
    return Served(
        rows=rows,
        request=outermost[rows],
        of_node=of_node,
        queue_end=queue_end,
        first_token=first_token,
    )


def _outermost(holder: Ints, one: Bools) -> Ints:
    """Of each span the one furthest out that is the same request seen from further away."""
    return climbed(np.where(one & one[holder], holder, np.arange(len(holder))))


def _running(forest: Forest, rows: Ints, request: Ints, beside: Ints, around: Ints) -> Ints:
    """Of each span `beside` the place of the served row that runs when it begins; NONE if there is not just one.

    `request`, `around`: of the served rows and of the spans the request that they are in.
    """
    only = np.full(len(forest.start), NONE, np.int64)
    single = np.flatnonzero(np.bincount(request, minlength=len(only))[request] == 1)
    only[request[single]] = single
    found = only[around]
    if not len(rows):
        return found
    begins, server = forest.start[beside], rows[found]
    runs = (found != NONE) & (begins >= forest.start[server]) & (begins < forest.end[server])
    return np.where(runs, found, NONE)


def _instants(graph: Graph, rows: Ints) -> tuple[Ints, Ints]:
    """Where the queue ends and where the first token comes, inside the span; NULL where that is not told."""
    facts, start, end = graph.spans.facts, graph.forest.start[rows], graph.forest.end[rows]
    first = facts.first_token[rows]
    queue, prefill, decode = facts.queue[rows], facts.prefill[rows], facts.decode[rows]
    both = (queue != NULL) & (prefill != NULL)
    first = np.where((first == NULL) & both, start + queue + prefill, first)
    first = np.where((first == NULL) & (decode != NULL), end - decode, first)
    known = first != NULL
    first = np.where(known, np.clip(first, start, end), NULL)
    queue_end = np.where(queue != NULL, start + queue, np.where(prefill != NULL, first - prefill, NULL))
    queue_end = np.where(known & (prefill != NULL), first - prefill, queue_end)
    limit = np.where(known, first, end)
    queue_end = np.where(queue_end != NULL, np.clip(queue_end, start, limit), NULL)
    return queue_end, first
