"""Loops over edges, forests and places in C are those in Python."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agenttrace.native import graphs, library, ordering, passes, scans

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

SIZE = 8
FOREVER = 1 << 61
_NODE = st.integers(0, SIZE - 1)
_EDGES = st.lists(st.tuples(_NODE, _NODE), max_size=16)
_ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-(2**63), 2**63 - 1), st.integers(0, 13)), max_size=70
)


def _pairs(rows: Sequence[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64)


@given(_EDGES)
def test_a_level_is_the_longest_way_and_behind_a_cycle_there_is_none(edges: list[tuple[int, int]]) -> None:
    found = graphs.levels(*_pairs(edges), SIZE)

    level: list[int | None] = [None] * SIZE
    for _ in range(SIZE):
        for node in range(SIZE):
            before = [level[source] for source, target in edges if target == node]
            if None not in before:
                level[node] = 1 + max((one for one in before if one is not None), default=-1)
    assert found is not None
    assert found[0].tolist() == [-1 if one is None else one for one in level]
    assert found[1] == 1 + max(found[0].tolist())


@given(_EDGES)
def test_events_stand_by_level_with_the_edges_that_lead_to_each(edges: list[tuple[int, int]]) -> None:
    edges = [edge for edge in edges if edge[0] < edge[1]]
    levels = graphs.levels(*_pairs(edges), SIZE)
    assert levels is not None
    edges += [(-1, SIZE - 1)]

    found = graphs.by_level(*_pairs(edges), *levels)

    assert found is not None
    event, at, first, places = (each.tolist() for each in found)
    assert event == sorted({target for _, target in edges}, key=lambda node: (levels[0][node], node))
    assert at == [event.index(node) + 1 if node in event else 0 for node in range(SIZE)]
    for (low, high), node in zip(pairwise(first[1:]), event, strict=True):
        sources = [source for source, target in edges if target == node]
        assert places[low:high] == [at[source] if source >= 0 else 0 for source in sources]


@given(st.lists(_NODE, min_size=SIZE, max_size=SIZE), _EDGES)
def test_a_row_is_crossed_by_what_leads_out_of_its_subtree(
    above: list[int], pairs: list[tuple[int, int]]
) -> None:
    parent = [min(row, to) for row, to in enumerate(above)]
    inside = [{row} for row in range(SIZE)]
    for row in reversed(range(SIZE)):
        inside[parent[row]] |= inside[row]

    found = graphs.crossed(np.array(parent), *_pairs(pairs))

    assert found is not None
    assert found.tolist() == [any((a in rows) != (b in rows) for a, b in pairs) for rows in inside]


@given(st.lists(st.integers(-1, SIZE - 1), min_size=SIZE, max_size=SIZE), st.lists(_NODE, max_size=4))
def test_a_walk_goes_back_to_where_nothing_is_before(steps: list[int], ends: list[int]) -> None:
    steps = [min(step, node - 1) for node, step in enumerate(steps)]
    walks = []
    for end in ends:
        walk = [end]
        while steps[walk[0]] >= 0:
            walk.insert(0, steps[walk[0]])
        walks.append(walk)

    found = graphs.walks(np.array(steps), np.array(ends, np.int64))

    assert found is not None
    assert found[0].tolist() == [len(walk) for walk in walks]
    assert found[1].tolist() == [node for walk in walks for node in walk]


@given(_ROWS)
def test_rows_stand_by_group_time_and_place_and_equals_as_they_were(rows: list[tuple[int, int, int]]) -> None:
    found = ordering.order(*_pairs([row[:2] for row in rows]), np.array([row[2] for row in rows], np.int64))

    assert found is not None
    order, run = (each.tolist() for each in found)
    assert order == sorted(range(len(rows)), key=lambda row: rows[row])
    steps = [rows[one] != rows[other] for one, other in pairwise(order)]
    assert run == [sum(steps[:at]) for at in range(len(rows))]


def test_groups_that_are_numbers_far_apart_are_refused() -> None:
    far = np.array([0, 10**12])
    assert ordering.order(far, far, far) is None


@given(st.lists(st.booleans(), max_size=20))
def test_the_last_that_holds_is_the_one_up_to_each(holds: list[bool]) -> None:
    last = scans.running_last(np.array(holds, np.bool_))

    wanted = [max((at for at in range(to + 1) if holds[at]), default=-1) for to in range(len(holds))]
    assert last is not None
    assert last.tolist() == wanted


_STRETCH = st.tuples(st.integers(-1, SIZE), st.integers(0, SIZE)).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(st.tuples(_STRETCH, st.integers(0, 9)), max_size=9), st.lists(_STRETCH, max_size=5))
def test_the_least_that_leads_past_a_window_begins_before_and_ends_beyond(
    stretches: list[tuple[tuple[int, int], int]], windows: list[tuple[int, int]]
) -> None:
    windows = [(max(low, 0), high) for low, high in windows]
    low, high = _pairs([stretch for stretch, _ in stretches])
    first, last = _pairs(windows)
    least = np.full(len(windows), 5)

    value = np.array([value for _, value in stretches], np.int64)
    assert scans.least_past(low, high, value, (first, last), least)

    wanted = [
        min([5, *(value for (low, high), value in stretches if low < begins and high > ends)])
        for begins, ends in windows
    ]
    assert least.tolist() == wanted


def test_passes_over_events_drawn_by_hand() -> None:
    # 0 -> 1 -> 3, 0 -> 2 -> 3, and 4, after 3, takes what 2 takes besides.
    first, source = np.array([0, 0, 1, 2, 4, 5]), np.array([0, 0, 1, 2, 3])
    takes, gap = np.array([0, 0, 0, 0, 2]), np.array([0, 3, 5, 1, 2])
    time, many = np.zeros(5, np.int64), np.zeros((5, 2), np.int64)
    later = np.array([FOREVER, FOREVER, FOREVER, FOREVER, 0])
    cost = np.zeros(5, np.int64)

    assert passes.forward(first, source, takes, gap, time)
    assert passes.forward(first, source, takes, np.stack([gap, 2 * gap], axis=1), many)
    assert passes.backward(first, source, np.array([0, 0, 2, 0, 0]), later)
    assert passes.cheapest(first, source, np.array([0, 0, 2, 0, 0]), np.array([0, 4, 0, 1]), FOREVER, cost)

    assert time.tolist() == [0, 3, 5, 6, 13]
    assert many.T.tolist() == [[0, 3, 5, 6, 13], [0, 6, 10, 12, 26]]
    assert later.tolist() == [0, 2, 0, 0, 0]
    assert cost.tolist() == [0, 0, 4, 2, 3]
