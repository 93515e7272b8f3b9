"""L11: a deployment is no different from itself, and two samples of one raise no more false alarms than stated."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.policy import DEFAULT_GATES
from agenttrace.diff.spread import Origin, Spread
from agenttrace.diff.statistics.estimation import estimate
from agenttrace.diff.statistics.multiplicity import holm
from agenttrace.diff.statistics.sample import Sample, side
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.diff.verdicts import Question, Verdict, answer, measure, overall

TIME = BY_NAME["session.active_time"]
GATES = [gate for gate in DEFAULT_GATES if gate.metric == TIME.name]
KNOWN = Spread(0.0, math.inf, Origin.MEASURED)


def _sample(base: Any, candidate: Any) -> Sample:
    tasks = np.arange(len(base))
    return Sample(side(base, tasks, paired=True), side(candidate, tasks, paired=True), paired=True)


def _verdict(sample: Sample, spread: Spread = KNOWN) -> Verdict:
    return overall(answer([Question(g, measure(TIME, g.stat, sample, 0), spread) for g in GATES], 0.05, 0))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1e9, 1e12), min_size=50, max_size=60))
def test_a_side_is_no_different_from_itself(values: list[float]) -> None:
    times = np.array(values)
    assert _verdict(_sample(times, times)) is Verdict.NO_CHANGE


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1e9, 1e12), min_size=8, max_size=40), st.floats(0.1, 10.0))
def test_a_factor_common_to_all_is_found_by_every_statistic(values: list[float], factor: float) -> None:
    times = np.array(values)
    for stat in TIME.stats:
        found = estimate(_sample(times, factor * times), stat, 0)
        assert found is not None
        assert found.effect == pytest.approx(math.log(factor), abs=1e-6)


def test_equal_deployments_seldom_alarm_and_slower_ones_do() -> None:
    random, alarms, seen = np.random.default_rng(2), 0, 0
    for _ in range(200):
        task, one, other = (random.normal(0, spread, 100) for spread in (0.7, 0.35, 0.35))
        base, candidate = 6e10 * np.exp(task + one), 6e10 * np.exp(task + other)
        alarms += _verdict(_sample(base, candidate)) is Verdict.REGRESSION
        seen += _verdict(_sample(base, 1.2 * candidate)) is Verdict.REGRESSION
    assert alarms <= 18, "5 % of 200, and three standard errors"
    assert seen >= 176


def test_few_sessions_carry_no_verdict() -> None:
    times = np.full(7, 1e10)
    found = answer(
        [Question(GATES[0], measure(TIME, Stat.GEOMEAN, _sample(times, 2 * times), 0), KNOWN)], 0.05, 0
    )
    assert found[0].verdict is Verdict.INCONCLUSIVE
    assert "at least 8" in found[0].reason


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
