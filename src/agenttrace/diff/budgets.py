"""Absolute limits for the candidate, whatever the baseline did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from agenttrace.diff.metrics import METRICS, Metric
from agenttrace.diff.policy import Budget, Level
from agenttrace.diff.statistics.estimation import value_of
from agenttrace.diff.statistics.sample import Side
from agenttrace.diff.statistics.shapes import LEAST_SESSIONS


@dataclass(frozen=True, slots=True)
class BudgetAnswer:
    """A limit and what the candidate needs; null, and `kept` null, where it is not known or by too few.

    `missing`: not one session of the candidate says anything of it.
    """

    metric: str
    budget: Budget
    value: float | None
    kept: bool | None
    reason: str
    missing: bool = False


def check_budgets(budgets: Sequence[Budget], candidate: Callable[[Metric], Side]) -> list[BudgetAnswer]:
    """The answer for every metric that a budget names; `candidate`: all of its sessions that know a metric."""
    return [
        _check(budget, metric.name, candidate(metric))
        for budget in budgets
        if budget.level is not Level.OFF
        for metric in METRICS
        if fnmatchcase(metric.name, budget.metric)
    ]


def _check(budget: Budget, name: str, side: Side) -> BudgetAnswer:
    value, count = value_of(side, budget.stat), len(side.values)
    if value is None:
        what = "no data for it" if not count else "has values that are not above zero"
        return BudgetAnswer(name, budget, None, None, what, missing=not count)
    if count < LEAST_SESSIONS[budget.stat]:
        return BudgetAnswer(
            name, budget, value, None, f"needs at least {LEAST_SESSIONS[budget.stat]} sessions"
        )
    return BudgetAnswer(name, budget, value, budget.holds(value), "")
