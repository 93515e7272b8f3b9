"""Sessions that failed or were cut off count as failures and as times that are at least so long."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.pairing import pair
from agenttrace.diff.result import Comparison
from agenttrace.diff.samples import completed, sample_of
from agenttrace.diff.verdicts import Verdict
from agenttrace.model.vocabulary import Phase
from unit.diff.sides import S, drawn, session, side


def _times(
    before: list[dict[str, Any]], after: list[dict[str, Any]], column: str = "active_ns"
) -> list[float]:
    """What the candidate's sessions are taken to have needed, in seconds."""
    done = completed(pair(side(before), side(after), least=0.0))
    return [ns / S for ns in done.candidate.sort("session")[column].to_list()]


def _one(name: str, seconds: int, outcome: str = "succeeded") -> dict[str, Any]:
    return session(name, {Phase.MODEL: seconds * S}, outcome=outcome)


@pytest.mark.parametrize("outcome", ["failed", "cut"])
@pytest.mark.parametrize("column", ["active_ns", "wall_ns"])
def test_a_failed_session_takes_at_least_as_long_as_success_at_its_task(outcome: str, column: str) -> None:
    before = [_one("a-1", 40), _one("a-2", 10)]
    after = [_one("b-1", 3, outcome), _one("b-2", 11)]
    assert _times(before, after, column) == [40, 11]


def test_the_longest_success_at_the_task_counts_on_either_side() -> None:
    before = [_one("a1-1", 40), _one("a2-1", 70)]
    after = [_one("b1-1", 3, "failed"), _one("b2-1", 55)]
    assert _times(before, after) == [70, 55]


def test_a_session_that_ran_longer_than_any_success_keeps_its_time() -> None:
    assert _times([_one("a-1", 40)], [_one("b-1", 100, "cut")]) == [100]


def test_a_task_nobody_solved_is_as_long_as_successes_that_took_longer() -> None:
    before = [_one("a-1", 5, "failed"), _one("a-2", 20), _one("a-3", 80), _one("a-4", 2)]
    after = [_one("b-1", 10, "failed"), _one("b-2", 20), _one("b-3", 80), _one("b-4", 2)]
    assert _times(before, after) == pytest.approx([40, 20, 80, 2]), "the geometric mean of 20 and 80"


def test_where_nothing_succeeded_times_are_what_was_seen() -> None:
    assert _times([_one("a-1", 5, "failed")], [_one("b-1", 10, "cut")]) == [10]


def _failing(count: int) -> Comparison:
    """Of sixty sessions so many give up after a tenth of the time."""
    after = drawn("b", 60, seed=2)
    for row in after[:count]:
        for name in ("active_ns", "wall_ns"):
            row[name] //= 10
        row["outcome"] = "failed"
    return compare(side(drawn("a", 60, seed=1)), side(after))


def test_giving_up_early_is_no_improvement() -> None:
    found = _failing(20)
    times = [of for of in found.answers if of.gate.metric == "session.active_time"]
    assert all(of.verdict is not Verdict.IMPROVEMENT for of in times)
    assert all(of.change is not None and of.change > 1 for of in times)


def test_failing_is_a_regression_of_the_success_rate() -> None:
    found = _failing(20)
    (rate,) = [of for of in found.answers if of.gate.metric == "session.success_rate"]
    assert rate.verdict is Verdict.REGRESSION
    assert rate.change == pytest.approx(-20 / 60)
    assert found.verdict is Verdict.REGRESSION
    assert found.failed == (0, 20)
    (told,) = [one for one in found.findings if one.code == "failed_sessions"]
    assert told.count == 20


def test_a_few_failures_are_told_and_decide_nothing() -> None:
    found = _failing(2)
    (rate,) = [of for of in found.answers if of.gate.metric == "session.success_rate"]
    assert rate.verdict is Verdict.INCONCLUSIVE
    assert [one.count for one in found.findings if one.code == "failed_sessions"] == [2]


def test_what_adds_up_while_a_session_goes_on_is_put_off_too() -> None:
    seen = pair(side([_one("a-1", 40)]), side([_one("b-1", 3, "failed")]), least=0.0)
    found = sample_of(BY_NAME["phase.model"], completed(seen))
    assert found.candidate.values.tolist() == [40 * S]
