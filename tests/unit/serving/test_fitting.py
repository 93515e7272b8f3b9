"""The lower edge and the middle of points, against every line through two of them."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.serving.fitting import firm_lower_edge, least_absolute, lower_edge

points = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 1000)), min_size=2, max_size=12)


@given(points)
def test_no_point_lies_below_the_edge_and_no_other_line_is_higher(drawn: list[tuple[int, int]]) -> None:
    x, y = (np.array(values, np.float64) for values in zip(*drawn, strict=True))
    level, slope = lower_edge(x, y)

    assert level >= 0
    assert slope >= 0
    assert (level + slope * x <= y + 1e-6).all()
    height = (level + slope * x).sum()
    assert all(height >= (a + b * x).sum() - 1e-6 for a, b in _lines_below(x, y))


def _lines_below(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """Lines that could be the highest: through two points, level, or through the origin."""
    found = [(float(y.min()), 0.0)]
    if (x > 0).any():
        found.append((0.0, float((y[x > 0] / x[x > 0]).min())))
    for (x0, y0), (x1, y1) in combinations(zip(x.tolist(), y.tolist(), strict=True), 2):
        if x0 != x1:
            slope = (y1 - y0) / (x1 - x0)
            found.append((y0 - slope * x0, slope))
    return [(a, b) for a, b in found if a >= 0 and b >= 0 and (a + b * x <= y + 1e-9).all()]


def test_a_lone_point_below_all_others_does_not_make_the_edge() -> None:
    x = np.arange(40.0)
    y = 100 + 2 * x
    y[20] = 1

    assert lower_edge(x, y)[0] < 2
    assert firm_lower_edge(x, y, near=2.0, support=3) == pytest.approx((100, 2))


def test_three_points_that_agree_do_make_the_edge() -> None:
    x = np.arange(300.0)
    y = 1000 + 2 * x
    y[[10, 150, 290]] = 50

    assert firm_lower_edge(x, y, near=2.0, support=3)[0] <= 50


@given(points)
def test_the_middle_is_no_worse_than_any_line_through_two_points(drawn: list[tuple[int, int]]) -> None:
    x, y = (np.array(values, np.float64) for values in zip(*drawn, strict=True))
    columns = np.stack([np.ones(len(x)), x], axis=1)
    weights = least_absolute(columns, y)

    assert (weights >= 0).all()
    best = min(np.abs(y - a - b * x).sum() for a, b in _lines_through(x, y))
    assert np.abs(y - columns @ weights).sum() <= best * 1.05 + 1e-3


def _lines_through(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    found = [(float(value), 0.0) for value in y]
    found += [(0.0, v / u) for u, v in zip(x.tolist(), y.tolist(), strict=True) if u]
    for (x0, y0), (x1, y1) in combinations(zip(x.tolist(), y.tolist(), strict=True), 2):
        if x0 != x1:
            slope = (y1 - y0) / (x1 - x0)
            found.append((y0 - slope * x0, slope))
    return [(a, b) for a, b in found if a >= 0 and b >= 0]


def test_the_middle_ignores_a_third_of_the_points_that_is_far_off() -> None:
    x = np.arange(30.0)
    y = 5 + 3 * x
    y[::3] += 1000

    assert least_absolute(np.stack([np.ones(30), x], axis=1), y) == pytest.approx((5, 3), rel=1e-3)
