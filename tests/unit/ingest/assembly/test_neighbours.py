"""The nearest instants of a group, against looking at all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.neighbours import first_after, last_before

_POINTS = st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 3)), max_size=12)

Points = list[tuple[int, int]]


def _arrays(points: Points) -> tuple[np.ndarray, np.ndarray]:
    groups, instants = zip(*points, strict=True) if points else ((), ())
    return np.array(groups, np.int64), np.array(instants, np.int64)


@given(_POINTS, _POINTS)
def test_the_first_of_the_earliest_that_are_not_before(points: Points, others: Points) -> None:
    found = first_after(*_arrays(points), *_arrays(others)).tolist()
    for (group, at), place in zip(points, found, strict=True):
        later = [(t, i) for i, (other, t) in enumerate(others) if other == group and t >= at]
        assert place == (min(later)[1] if later else NONE)


@given(_POINTS, _POINTS)
def test_the_last_of_the_latest_that_are_not_after(points: Points, others: Points) -> None:
    found = last_before(*_arrays(points), *_arrays(others)).tolist()
    for (group, at), place in zip(points, found, strict=True):
        earlier = [(t, i) for i, (other, t) in enumerate(others) if other == group and t <= at]
        assert place == (max(earlier)[1] if earlier else NONE)
