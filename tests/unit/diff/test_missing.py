"""What is not there never passes: no data, too few sessions, values without a ratio."""

from __future__ import annotations

import pytest

from agenttrace.diff.comparison import Comparison, compare
from agenttrace.diff.policy import DEFAULT_GATES, Budget, Gate, Level, Policy
from agenttrace.diff.statistics.shapes import LEAST_SESSIONS, Stat
from agenttrace.diff.verdicts import Verdict
from unit.diff.sides import S, drawn, side


def _gated(metric: str, stat: Stat, tasks: int = 60, **changed: object) -> Comparison:
    sides = side(drawn("a", tasks, seed=1)), side(drawn("b", tasks, seed=2, **changed))  # type: ignore[arg-type]
    return compare(*sides, Policy(gates=(Gate(metric, stat),)))


@pytest.mark.parametrize("metric", ["request.ttft", "request.itl", "request.tokens_per_s_user"])
def test_a_gate_without_data_is_missing_and_never_passes(metric: str) -> None:
    column = {"request.ttft": "ttft_p50_ns", "request.itl": "itl_p50_ns"}.get(metric, "tokens_per_s_p50")
    found = _gated(metric, Stat.GEOMEAN, 60, **{column: None})
    (of,) = found.answers
    assert (of.verdict, of.missing) == (Verdict.INCONCLUSIVE, True)
    assert of.reason == "no data for it in the candidate"
    assert list(found.missing) == [of]


def test_a_gate_that_only_warns_may_be_without_data() -> None:
    sides = side(drawn("a", 60, seed=1)), side(drawn("b", 60, seed=2, ttft_p50_ns=None))
    found = compare(*sides, Policy(gates=(Gate("request.ttft", Stat.GEOMEAN, Level.WARN),)))
    assert list(found.missing) == []


@pytest.mark.parametrize("stat", [Stat.P50, Stat.P95, Stat.TAIL_MEAN, Stat.GEOMEAN])
def test_too_few_sessions_say_how_many_it_takes(stat: Stat) -> None:
    least = LEAST_SESSIONS[stat]
    (few,) = _gated("session.active_time", stat, least - 1, slower=3.0).answers
    assert (few.verdict, few.reason) == (Verdict.INCONCLUSIVE, f"needs at least {least} sessions a side")
    (enough,) = _gated("session.active_time", stat, least, slower=3.0).answers
    assert "needs at least" not in enough.reason


def test_many_sessions_of_few_tasks_are_few() -> None:
    rows = [
        [row | {"session": f"{row['session']}-{n}"} for n in range(20) for row in drawn(prefix, 4, seed=n)]
        for prefix in "ab"
    ]
    found = compare(side(rows[0]), side(rows[1]), Policy(gates=(Gate("session.active_time", Stat.GEOMEAN),)))
    assert found.pairing.pairs == 4
    assert found.answers[0].reason == "needs at least 8 sessions a side"


def test_a_gate_with_too_few_sessions_still_counts_as_one_of_the_gates() -> None:
    sides = side(drawn("a", 30, seed=1)), side(drawn("b", 30, seed=2, slower=1.1))
    alone = compare(*sides, Policy(gates=DEFAULT_GATES[:1])).answers[0]
    among = compare(*sides, Policy(gates=DEFAULT_GATES[:2])).answers
    assert among[1].reason == "needs at least 50 sessions a side"
    assert among[0].p == alone.p
    assert among[0].p_adjusted == pytest.approx(2 * (alone.p_adjusted or 0))


def test_no_gate_at_all_is_inconclusive() -> None:
    sides = side(drawn("a", 60, seed=1)), side(drawn("b", 60, seed=2))
    assert compare(*sides, Policy(gates=())).verdict is Verdict.INCONCLUSIVE


def test_an_empty_side_is_inconclusive_and_missing() -> None:
    found = compare(side(drawn("a", 60, seed=1)), side([]))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert len(found.missing) == 3


def test_values_of_zero_have_no_ratio() -> None:
    (of,) = _gated("session.retries", Stat.MEAN).answers
    assert of.verdict is Verdict.INCONCLUSIVE
    assert "not above zero" in of.reason


# Budgets


def _kept(budget: Budget, tasks: int = 60, **changed: object) -> tuple[float | None, bool | None, str]:
    sides = side(drawn("a", tasks, seed=1)), side(drawn("b", tasks, seed=2, **changed))  # type: ignore[arg-type]
    (one,) = compare(*sides, Policy(budgets=(budget,))).budgets
    return one.value, one.kept, one.reason


def test_a_budget_looks_at_the_candidate_alone() -> None:
    value, kept, reason = _kept(Budget("request.ttft", Stat.P50, 0.1 * S))
    assert (value, kept, reason) == (0.1 * S, True, "")
    value, kept, reason = _kept(Budget("request.ttft", Stat.P50, 0.1 * S - 1))
    assert (value, kept, reason) == (0.1 * S, False, "")


def test_a_budget_without_data_is_not_kept() -> None:
    assert _kept(Budget("request.ttft", Stat.P50, S), ttft_p50_ns=None) == (None, None, "no data for it")


def test_a_budget_of_too_few_sessions_is_not_kept() -> None:
    value, kept, reason = _kept(Budget("session.active_time", Stat.P95, 1e15), tasks=59)
    assert value is not None
    assert (kept, reason) == (None, "needs at least 60 sessions")
