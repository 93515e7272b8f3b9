"""What is not there never passes: no data, too few sessions, values without a ratio."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.policy import DEFAULT_GATES, Budget, Gate, Level, Policy
from agenttrace.diff.result import Comparison
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
    assert (few.verdict, few.reason) == (
        Verdict.INCONCLUSIVE,
        f"needs at least {least} sessions a side, 1 more than there are",
    )
    (enough,) = _gated("session.active_time", stat, least, slower=3.0).answers
    assert "needs at least" not in enough.reason


def test_many_sessions_of_few_tasks_are_few() -> None:
    rows = [
        [row | {"session": f"{row['session']}-{n}"} for n in range(20) for row in drawn(prefix, 4, seed=n)]
        for prefix in "ab"
    ]
    found = compare(side(rows[0]), side(rows[1]), Policy(gates=(Gate("session.active_time", Stat.GEOMEAN),)))
    assert found.pairing.pairs == 4
    assert found.answers[0].reason == "needs at least 8 tasks a side, 4 more than there are"


def test_a_gate_with_too_few_sessions_still_counts_as_one_of_the_gates() -> None:
    sides = side(drawn("a", 30, seed=1)), side(drawn("b", 30, seed=2, slower=1.1))
    alone = compare(*sides, Policy(gates=DEFAULT_GATES[:1])).answers[0]
    among = compare(*sides, Policy(gates=DEFAULT_GATES[:2])).answers
    assert among[1].reason == "needs at least 50 sessions a side, 20 more than there are"
    assert (among[1].p, among[1].p_adjusted) == (None, None), "nothing was tested"
    assert among[0].p == alone.p
    assert among[0].p_adjusted == pytest.approx(2 * (alone.p_adjusted or 0))


def test_no_gate_at_all_is_inconclusive() -> None:
    sides = side(drawn("a", 60, seed=1)), side(drawn("b", 60, seed=2))
    assert compare(*sides, Policy(gates=())).verdict is Verdict.INCONCLUSIVE


def test_an_empty_side_is_inconclusive_and_missing() -> None:
    found = compare(side(drawn("a", 60, seed=1)), side([]))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert len(found.missing) == 3


def test_what_is_nothing_on_both_sides_did_not_change() -> None:
    (of,) = _gated("session.retries", Stat.MEAN).answers
    assert (of.verdict, of.change, of.difference) == (Verdict.NO_CHANGE, None, 0.0)


def test_what_was_nothing_before_fails_by_its_difference() -> None:
    before = [row | {"path_queue_ns": 0} for row in drawn("a", 60, seed=1)]
    found = compare(
        side(before), side(drawn("b", 60, seed=2)), Policy(gates=(Gate("phase.queue", Stat.MEAN),))
    )
    (of,) = found.answers
    assert (of.verdict, of.baseline, of.change) == (Verdict.REGRESSION, 0.0, None)
    assert of.difference == pytest.approx(of.candidate)
    assert found.failing


def test_of_what_was_nothing_before_little_does_not_matter() -> None:
    before = [row | {"path_queue_ns": 0} for row in drawn("a", 60, seed=1)]
    after = [row | {"path_queue_ns": 200_000_000} for row in drawn("b", 60, seed=2)]
    (of,) = compare(side(before), side(after), Policy(gates=(Gate("phase.queue", Stat.MEAN),))).answers
    assert of.verdict is Verdict.NO_CHANGE


def test_floors_suit_what_is_measured() -> None:
    """Tokens that come 40 % later are a change, however short the time between two of them is."""
    (of,) = _gated("request.itl", Stat.GEOMEAN, itl_p50_ns=14_000_000).answers
    assert of.verdict is Verdict.REGRESSION
    (of,) = _gated("request.itl", Stat.GEOMEAN, itl_p50_ns=10_400_000).answers
    assert of.verdict is not Verdict.REGRESSION


def test_what_is_known_of_few_sessions_is_said() -> None:
    after = [
        row if place < 9 else row | {"ttft_p50_ns": None} for place, row in enumerate(drawn("b", 60, seed=2))
    ]
    found = compare(
        side(drawn("a", 60, seed=1)), side(after), Policy(gates=(Gate("request.ttft", Stat.GEOMEAN),))
    )
    (finding,) = [one for one in found.findings if one.code == "metric_partly_known"]
    assert "9 of 60 of the candidate" in finding.example


def test_phases_that_a_side_does_not_tell_are_missing_and_blamed_on_nobody() -> None:
    def undivided(row: dict[str, Any]) -> dict[str, Any]:
        model = row["path_queue_ns"] + row["path_decode_ns"]
        parts = [
            part if part["phase"] not in {"queue", "decode"} else part | {"phase": "model"}
            for part in row["parts"]
        ]
        untold = dict.fromkeys(("path_queue_ns", "path_prefill_ns", "path_decode_ns"))
        return row | untold | {"path_model_ns": model, "parts": parts}

    after = [undivided(row) for row in drawn("b", 60, seed=1)]
    found = compare(
        side(drawn("a", 60, seed=1)), side(after), Policy(gates=(Gate("phase.decode", Stat.MEAN),))
    )

    assert [one.reason for one in found.answers] == ["no data for it in the candidate"]
    assert set(found.blame.phases.values()) == {0}
    assert "phases_untold" in [one.code for one in found.findings]
    assert all(set(mover.phases_ns.values()) == {0} for mover in found.movers)


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


def test_a_budget_without_data_is_missing() -> None:
    sides = side(drawn("a", 60, seed=1)), side(drawn("b", 60, seed=2, ttft_p50_ns=None))
    found = compare(*sides, Policy(budgets=(Budget("request.ttft", Stat.P50, S),)))
    assert list(found.missing) == list(found.budgets)


def test_a_budget_looks_at_nothing_else_where_the_baseline_has_nothing() -> None:
    before = [row | {"path_queue_ns": 0} for row in drawn("a", 60, seed=1)]
    budget = Budget("phase.queue", Stat.MEAN, 1.0)
    found = compare(side(before), side(drawn("b", 60, seed=2)), Policy(budgets=(budget,)))
    assert [one.kept for one in found.budgets] == [False]
    assert found.failing


def test_a_budget_looks_at_all_of_the_candidate() -> None:
    """What the baseline does not know, or has no counterpart of, is in it all the same."""
    before = [
        row | {"ttft_p50_ns": row["ttft_p50_ns"] if place == 0 else None}
        for place, row in enumerate(drawn("a", 60, seed=1))
    ]
    budget = Budget("request.ttft", Stat.P50, 0.001 * S)
    found = compare(side(before), side(drawn("b", 60, seed=2)), Policy(budgets=(budget,)))
    assert [one.kept for one in found.budgets] == [False]


@pytest.mark.parametrize(("least", "kept"), [(0.9, True), (1.1, False)])
def test_a_budget_may_be_of_what_must_not_be_less(least: float, *, kept: bool) -> None:
    found = _kept(Budget("session.success_rate", Stat.MEAN, None, least=least))
    assert found[:2] == (1.0, kept)


def test_a_budget_of_too_few_sessions_is_not_kept() -> None:
    value, kept, reason = _kept(Budget("session.active_time", Stat.P95, 1e15), tasks=59)
    assert value is not None
    assert (kept, reason) == (None, "needs at least 60 sessions")
