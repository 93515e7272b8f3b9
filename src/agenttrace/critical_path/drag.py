"""What a session would gain if a span took no time: its own gaps, wherever they are, all 0 at once (law L6).

A way through the graph costs what it is shorter than the longest one: the spare time of its edges. With the gaps
of a span at 0 it costs these besides, where it passes them. The drag of the span is what the cheapest way costs.

A capsule is judged in what surrounds it as one event, which can give no more than it takes itself, and no more
than the way round it costs. What it takes itself is one gap if nothing is inside. If there is, and for what is no
capsule, the gaps of the span are pieces among the events of one capsule. Where no way round any of the pieces is
cheaper than all of them together, that is what they give; otherwise the ways are gone through (windows.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints, least_up, run_starts, sorting
from agenttrace.critical_path.bypass import Order, order_events, ways_round
from agenttrace.critical_path.floats import FOREVER, Floats
from agenttrace.critical_path.schedule import plain_lengths
from agenttrace.critical_path.windows import Cases, cheapest_ways


def find_drag(floats: Floats) -> tuple[Ints, Ints]:
    """The drag of every span, NONE where finding it out would be too much work; and what the way round it costs.

    The way round is one round everything inside the span too: what it would give if it did not happen at all.
    It is known of capsules, NONE for other spans.
    """
    schedule = floats.schedule
    capsules = schedule.capsules
    critical = floats.capsule == 0
    order = order_events(floats, np.append(critical, False)[schedule.capsule])
    round_ways = ways_round(order)
    gaps = schedule.graph.gaps
    gives = plain_lengths(schedule.graph, gaps)
    span, given = _given(floats, order, round_ways, gaps)
    gives[span] = given
    limit = _limits(floats, order, round_ways)
    at = np.where(capsules.closed, np.arange(len(gives)), capsules.inside)
    drag = np.where(gives == NONE, np.where(limit[at] > 0, NONE, 0), np.minimum(gives, limit[at]))
    return drag, np.where(capsules.closed, limit, NONE)


def _limits(floats: Floats, order: Order, round_ways: Ints) -> Ints:
    """Of every capsule what the way round it costs, or round one that it lies in; 0 off the path."""
    schedule = floats.schedule
    capsules = schedule.capsules
    limit = np.full(len(capsules.closed), FOREVER, np.int64)
    place = order.place[schedule.at[: len(limit)]]
    found = np.flatnonzero(capsules.closed & (place != NONE))
    limit[found] = round_ways[place[found]]
    return np.where(floats.capsule == 0, least_up(limit, capsules.around), 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Gaps of spans with events inside, by span and place; `critical`: in their capsule."""

    span: Ints
    place: Ints
    gap: Ints
    critical: Bools

    def where(self, keep: Bools) -> _Pieces:
        return _Pieces(self.span[keep], self.place[keep], self.gap[keep], self.critical[keep])


def _pieces(floats: Floats, order: Order, gaps: Ints) -> _Pieces:
    graph = floats.schedule.graph
    node = floats.schedule.node[order.event]
    real = np.flatnonzero(node < len(graph.nodes))
    gap = gaps[node[real]]
    real, gap = real[gap > 0], gap[gap > 0]
    node = node[real]
    span = graph.nodes.span[node]
    begins = node < graph.nodes.n
    span[begins] = graph.forest.parent[span[begins]]
    by_span = sorting(span)
    real = real[by_span]
    return _Pieces(span[by_span], real, gap[by_span], floats.event[order.event[real]] == 0)


def _given(floats: Floats, order: Order, round_ways: Ints, gaps: Ints) -> tuple[Ints, Ints]:
    """Spans with events inside, and what their gaps give to their capsules; others give nothing."""
    pieces = _pieces(floats, order, gaps)
    first = run_starts(pieces.span)
    span = pieces.span[first]
    number = np.cumsum(first) - 1
    whole = np.zeros(len(span), np.int64)
    np.add.at(whole, number[pieces.critical], pieces.gap[pieces.critical])
    # A way through a piece costs no less than how late the piece could be.
    keep = floats.event[order.event[pieces.place]] < whole[number]
    pieces, number = pieces.where(keep), number[keep]
    least = np.full(len(span), FOREVER, np.int64)
    np.minimum.at(least, number[pieces.critical], round_ways[pieces.place[pieces.critical]])
    alone = np.bincount(number, minlength=len(span)) == 1
    given = np.minimum(whole, least)
    hard = (least < whole) & ~alone
    if hard.any():
        at = hard[number]
        case = (np.cumsum(hard) - 1)[number[at]]
        cases = Cases(case, pieces.place[at], pieces.gap[at], whole[hard])
        given[hard] = cheapest_ways(floats, order, cases)
    return span, given
