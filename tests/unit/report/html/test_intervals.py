"""Intervals of percentiles, against the binomial distribution summed up by hand."""

from math import comb

import pytest

from agenttrace.report.html.intervals import quantile_interval


def _covered(n: int, share: float, low: int, high: int) -> float:
    """How probable it is that the quantile lies between the order statistics of these ranks."""
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(low, high))


@pytest.mark.parametrize("percent", [50, 90, 95])
@pytest.mark.parametrize("n", [6, 24, 100, 400])
def test_the_interval_covers_the_quantile_as_often_as_it_says(n: int, percent: int) -> None:
    found = quantile_interval(list(range(1, n + 1)), percent)
    if found is None:
        assert _covered(n, percent / 100, 1, n) < 0.975
        return
    low, high = found
    assert _covered(n, percent / 100, low, high) >= 0.95
    assert _covered(n, percent / 100, low + 1, high - 1) < 0.95


def test_few_sessions_have_no_interval() -> None:
    assert quantile_interval([1, 2, 3, 4, 5], 50) is None
    assert quantile_interval(list(range(20)), 95) is None
    assert quantile_interval([], 50) is None


def test_many_sessions_have_a_narrow_one() -> None:
    low, high = quantile_interval(list(range(10_000)), 95) or (0, 0)
    assert 9440 < low < 9500 < high < 9560
