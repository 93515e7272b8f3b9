"""Few draws do not make an interval narrower than what one number does to the gain."""

from __future__ import annotations

import pytest

from agenttrace.replay.few_draws import ENOUGH_DRAWS, Reach, Sensitivity, reach_of
from agenttrace.replay.percentiles import Estimate

ROWS = [Sensitivity("model_error", 0.7, 1.6, 2.5, 1.5), Sensitivity("hop", 2, 15, 2.02, 1.98)]
NARROW = Estimate(2.0, 1.99, 2.01, {"parameters": 0.01, "sampling": 0.02})


def test_an_interval_of_two_draws_holds_what_one_number_does() -> None:
    wide = reach_of(ROWS, 2.0, 2).of_gain(NARROW)

    assert (wide.low, wide.value, wide.high) == (1.5, 2.0, 2.5)
    assert wide.by == {"parameters": 1.0, "sampling": 0.02}


def test_times_are_the_shorter_the_larger_the_gain() -> None:
    wide = reach_of(ROWS, 2.0, 2).of_time(Estimate(300.0, 299.0, 301.0, {}))

    assert wide.low == pytest.approx(240.0)
    assert wide.high == pytest.approx(400.0)


def test_what_draws_say_is_kept_where_it_is_more() -> None:
    broad = Estimate(2.0, 1.0, 3.0, {"parameters": 2.0})

    assert reach_of(ROWS, 2.0, 2).of_gain(broad) == broad


def test_numbers_of_both_sides_fall_out() -> None:
    assert reach_of(ROWS, 2.0, 2, ["model_error"]) == Reach(0.99, 1.01)
    assert reach_of(ROWS, 2.0, 2, ["model_error", "hop"]) == Reach()


def test_enough_draws_speak_for_themselves() -> None:
    assert reach_of(ROWS, 2.0, ENOUGH_DRAWS) == Reach()
    assert reach_of(ROWS, 2.0, ENOUGH_DRAWS - 1) == Reach(0.75, 1.25)


def test_no_sessions_have_no_interval() -> None:
    nothing = Estimate(float("nan"), float("nan"), float("nan"), {})

    assert reach_of(ROWS, float("nan"), 2) == Reach()
    assert Reach(0.5, 2.0).of_gain(nothing) is nothing
