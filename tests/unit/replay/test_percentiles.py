"""Intervals of few draws are as wide as those of many."""

from __future__ import annotations

import numpy as np
import pytest

from agenttrace.replay.percentiles import Draws, estimate, estimate_ratio


def _width(draws: int, trials: int = 40) -> float:
    """The mean width of the interval of p50, of draws of one session whose time has a spread of 1."""
    random = np.random.default_rng(draws)
    widths = []
    for trial in range(trials):
        drawn = random.normal(1_000, 1, (draws, 1))
        found = estimate(Draws(np.full((1, 1), 1_000.0), drawn), trial)[0]
        widths.append(found.by["parameters"])
    return float(np.mean(widths))


@pytest.mark.parametrize("draws", [2, 3, 4, 8, 20, 100])
def test_nine_of_ten_lie_within_3_3_spreads_however_few_draws_there_are(draws: int) -> None:
    assert _width(draws) == pytest.approx(2 * 1.645, rel=0.2)


def test_one_draw_has_no_width() -> None:
    assert _width(1, 3) == 0


@pytest.mark.parametrize("draws", [2, 4, 20])
def test_no_interval_of_a_time_or_a_ratio_reaches_zero(draws: int) -> None:
    shorter, longer = (np.geomspace(low, 100 * low, draws)[:, None] for low in (1e9, 10e9))
    before = Draws(np.full((1, 1), 100e9), np.full((draws, 1), 100e9))
    time = estimate(Draws(before.jitter, shorter), 1)[0]
    gain = estimate_ratio(before, Draws(np.full((1, 1), 10e9), longer), 1)[0]

    assert 0 < time.low < 3e9
    assert 0 < gain.low < 0.3 < gain.value == pytest.approx(10)


def test_small_distances_add_up_as_squares() -> None:
    jitter = np.array([[1_000.0], [999.0], [1_001.0]])
    of_jitter, of_numbers = Draws(jitter, jitter[:1]), Draws(jitter[:1], jitter)
    both = estimate(Draws(jitter, jitter), 1)[0]
    below = [both.value - found.low for found in (estimate(of_jitter, 1)[0], estimate(of_numbers, 1)[0])]

    assert both.value - both.low == pytest.approx(sum(one**2 for one in below) ** 0.5, rel=0.01)


def test_numbers_that_can_only_make_it_worse_leave_the_better_end_where_it_is() -> None:
    slower = np.linspace(1_000, 3_000, 21)[:, None]
    found = estimate(Draws(np.full((1, 1), 1_000.0), slower), 1)[0]

    assert (found.value, found.low) == (1_000, 1_000)
    assert found.high == pytest.approx(3_000, rel=0.1)
