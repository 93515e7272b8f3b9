"""What looks better and is not: failing sooner, tasks that are gone, less work."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.policy import Gate, Level, Policy
from agenttrace.diff.result import Cause, Comparison
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.diff.verdicts import Verdict
from agenttrace.report.diff.headline import headline
from unit.diff.sides import drawn, side

TIME = Gate("session.active_time", Stat.GEOMEAN)


def _against(after: list[dict[str, Any]], policy: Policy | None = None) -> Comparison:
    return compare(side(drawn("a", 60, seed=1)), side(after), policy)


def _failing(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    return [row | {"outcome": "failed"} if place < count else row for place, row in enumerate(rows)]


@pytest.mark.parametrize("policy", [None, Policy(gates=(TIME,))], ids=["by default", "times alone"])
def test_faster_and_failing_is_no_improvement(policy: Policy | None) -> None:
    faster = drawn("b", 60, seed=2, slower=0.3)

    assert _against(faster, policy).verdict is Verdict.IMPROVEMENT
    found = _against(_failing(faster, 5), policy)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "5 of 60 sessions failed or were cut off, 0 of 60 before" in headline(found)


def test_one_failure_among_many_leaves_an_improvement_and_is_told() -> None:
    found = _against(_failing(drawn("b", 60, seed=2, slower=0.3), 1))

    assert found.verdict is Verdict.IMPROVEMENT
    assert "1 of 60 sessions failed" in headline(found)


def test_phases_of_sessions_that_gave_up_are_no_improvement() -> None:
    """Half of the sessions end after a tenth of their time: their decode is no less than that of the others."""
    after = _failing(drawn("b", 60, seed=2), 30)
    for row in after[:30]:
        for name in ("active_ns", "wall_ns", "path_decode_ns"):
            row[name] //= 10
    (of,) = _against(after, Policy(gates=(Gate("phase.decode", Stat.MEAN),))).answers

    assert of.change is not None
    assert of.change > 0.95


def test_lost_tasks_never_pass() -> None:
    faster = drawn("b", 60, seed=2, slower=0.3)

    found = _against(faster[:40])

    assert (found.verdict, found.pairing.paired, found.pairing.lost) == (Verdict.INCONCLUSIVE, True, True)
    assert "20 of 60 sessions of the baseline have no counterpart" in headline(found)
    assert "lost_sessions" in [one.code for one in found.findings]


def test_lost_tasks_hide_no_regression() -> None:
    found = _against(drawn("b", 60, seed=2, slower=3.0)[:40])

    assert (found.verdict, found.failing) == (Verdict.REGRESSION, True)


def test_a_few_lost_tasks_are_told_and_no_improvement() -> None:
    found = _against(drawn("b", 60, seed=2, slower=0.3)[:55])

    assert (found.verdict, found.pairing.lost) == (Verdict.INCONCLUSIVE, False)
    assert "5 of 60 sessions of the baseline have no counterpart" in headline(found)


def test_sides_with_other_tasks_are_not_said_to_have_lost_them() -> None:
    after = [row | {"task_id": f"other-{row['task_id']}"} for row in drawn("b", 60, seed=2)]

    found = _against(after)

    assert (found.pairing.paired, found.pairing.lost) == (False, False)


def test_tasks_that_are_exchanged_are_no_improvement() -> None:
    after = drawn("b", 60, seed=2, slower=0.1)
    found = _against([*after[:30], *(row | {"task_id": f"new-{row['task_id']}"} for row in after[30:])])

    assert (found.pairing.paired, found.verdict) == (False, Verdict.INCONCLUSIVE)
    assert "50% of a side's sessions have a counterpart" in headline(found)


def test_times_that_half_of_the_sessions_do_not_tell_are_no_improvement() -> None:
    after = drawn("b", 60, seed=2, slower=0.3)
    found = _against([row if place < 30 else row | {"active_ns": None} for place, row in enumerate(after)])

    assert found.verdict is Verdict.INCONCLUSIVE


# Equal work


def _working(rows: list[dict[str, Any]], factor: float) -> list[dict[str, Any]]:
    names = ("output_tokens", "input_tokens", "cache_read_tokens", "requests", "main_turns", "tool_calls")
    return [row | {name: round(row[name] * factor) for name in names} for row in rows]


def test_slower_for_much_more_work_on_a_faster_server_is_the_work() -> None:
    after = _working(drawn("b", 60, seed=2, slower=2.0), 4)

    found = _against(after)

    assert (found.verdict, found.cause) == (Verdict.REGRESSION, Cause.WORKLOAD)
    assert found.workload.ratio is not None
    assert found.workload.ratio < 0.9
    assert "for equal work" in headline(found)


def test_slower_and_more_work_says_what_is_left_for_equal_work() -> None:
    found = _against(_working(drawn("b", 60, seed=2, slower=6.0), 2))

    assert found.cause is Cause.BOTH
    assert "for equal work" in headline(found)


def test_work_that_is_not_told_is_not_taken_as_equal() -> None:
    found = _against([row | {"output_tokens": None} for row in drawn("b", 60, seed=2, slower=2.0)])

    assert found.workload.ratio is None
    assert "work_unknown" in [one.code for one in found.findings]


def test_sessions_that_fail_are_not_said_to_do_less() -> None:
    after = _failing(drawn("b", 60, seed=2), 20)
    for row in after[:20]:
        row["output_tokens"] = 10

    assert not _against(after).workload.changed


def test_fewer_successes_are_no_matter_of_time() -> None:
    after = _failing(drawn("b", 60, seed=1), 30)

    found = _against(after, Policy(gates=(Gate("session.success_rate", Stat.MEAN),)))

    assert (found.verdict, found.cause) == (Verdict.REGRESSION, Cause.OUTCOME)


# What fails


def _fails_on(*words: str, slower: float) -> bool:
    policy = Policy(gates=(TIME,), fail_on=words)
    return _against(drawn("b", 60, seed=2, slower=slower), policy).failing


@pytest.mark.parametrize("words", [("regression",), ("inconclusive",), ("improvement",), ()])
def test_a_regression_always_fails(words: tuple[str, ...]) -> None:
    assert _fails_on(*words, slower=3.0)


def test_never_never_fails() -> None:
    assert not _fails_on("never", slower=3.0)


def test_what_fails_besides() -> None:
    assert _fails_on("improvement", slower=0.3)
    assert not _fails_on("regression", slower=0.3)
    doubtful = Policy(gates=(Gate("session.active_time", Stat.P99),), fail_on=("inconclusive",))
    assert _against(drawn("b", 60, seed=2), doubtful).failing


def test_gates_that_warn_do_not_fail() -> None:
    policy = Policy(gates=(Gate("session.active_time", Stat.GEOMEAN, Level.WARN),))
    assert not _against(drawn("b", 60, seed=2, slower=3.0), policy).failing
