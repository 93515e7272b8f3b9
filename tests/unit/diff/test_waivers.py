"""A waiver excuses a change that somebody knows of, up to its size, until its day; it is never silent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.policy import Policy, Waiver
from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Verdict
from unit.diff.sides import drawn, side

DAY = date(2026, 6, 1)


def _compared(*waivers: Waiver, today: date | None = DAY, slower: float = 1.5) -> Comparison:
    sides = side(drawn("a", 60, seed=1)), side(drawn("b", 60, seed=2, slower=slower))
    return compare(*sides, Policy(waivers=waivers), today=today)


def _waiver(metric: str = "session.active_time", expires: date = DAY, most: float | None = None) -> Waiver:
    return Waiver(metric, "a larger model", expires, most, "ABC-1")


def test_without_a_waiver_it_is_a_regression() -> None:
    assert _compared().verdict is Verdict.REGRESSION


def test_a_waiver_holds_on_its_last_day() -> None:
    found = _compared(_waiver())
    waived = [of for of in found.answers if of.waived == "a larger model (ABC-1)"]
    assert [of.verdict for of in waived] == [Verdict.REGRESSION] * 2, "what was measured stays as it is"
    assert found.verdict is Verdict.NO_CHANGE


def test_on_the_day_after_it_is_over_and_said_to_be() -> None:
    found = _compared(_waiver(), today=DAY + timedelta(days=1))
    assert found.verdict is Verdict.REGRESSION
    assert [one.example for one in found.findings if one.code == "waiver_expired"] == [
        "session.active_time: 2026-06-01, a larger model (ABC-1)"
    ]


def test_a_day_that_is_not_known_excuses_nothing() -> None:
    assert _compared(_waiver(), today=None).verdict is Verdict.REGRESSION


@pytest.mark.parametrize(("most", "verdict"), [(0.30, Verdict.REGRESSION), (0.50, Verdict.NO_CHANGE)])
def test_more_than_the_waiver_allows_is_a_regression(most: float, verdict: Verdict) -> None:
    assert _compared(_waiver(most=most)).verdict is verdict


def test_a_pattern_covers_the_metrics_that_it_matches() -> None:
    assert _compared(_waiver("session.*")).verdict is Verdict.NO_CHANGE
    assert _compared(_waiver("phase.*")).verdict is Verdict.REGRESSION


def test_a_waiver_of_nothing_is_told() -> None:
    found = _compared(_waiver("phase.*"))
    assert [one.code for one in found.findings if one.code.startswith("waiver")] == ["waiver_unused"]


def test_what_is_no_regression_is_not_waived() -> None:
    assert all(of.waived is None for of in _compared(_waiver(), slower=1.0).answers)
