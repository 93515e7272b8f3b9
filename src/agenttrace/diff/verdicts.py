"""Regression, improvement, no-change or inconclusive: what a gate says of two sides.

A regression is all of this at once: the best guess is worse than what is tolerated, the whole interval lies beyond the
margin, the change is larger than what never matters, and its p, adjusted for all gates, is below alpha. No-change is
shown, not presumed: the interval lies within what is tolerated. Whatever is neither is inconclusive, and says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agenttrace.diff.metrics import BY_NAME, Metric, Unit
from agenttrace.diff.policy import Gate, Level
from agenttrace.diff.spread import ENOUGH_RUNS, Origin, Spread
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.estimation import Estimate, estimate
from agenttrace.diff.statistics.intervals import detectable, interval
from agenttrace.diff.statistics.multiplicity import holm
from agenttrace.diff.statistics.sample import Sample
from agenttrace.diff.statistics.shapes import LEAST_SESSIONS, Stat
from agenttrace.diff.statistics.testing import Chance, chance

LEAST_CLUSTERS = 8
_EQUAL = 1e-12
KEPT = 0.88
"""Of alpha; the rest is for p being drawn, and the spread of runs being an estimate itself."""


class Verdict(StrEnum):
    """What is shown; the gravest first."""

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    INCONCLUSIVE = "inconclusive"
    NO_CHANGE = "no-change"


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A statistic of a metric on both sides, and what chance makes of it; null where they cannot be compared.

    `relative`: the effect is a logarithm of the ratio; else a difference: of shares, and where there is no ratio.
    """

    metric: Metric
    stat: Stat
    sample: Sample
    found: Estimate | None
    chance: Chance | None
    relative: bool


def measure(metric: Metric, stat: Stat, sample: Sample, seed: int) -> Measured:
    """The part of an answer that does not depend on what is known of runs."""
    relative = metric.relative
    found = estimate(sample, stat, seed, relative=relative)
    if found is None and relative and stat is not Stat.GEOMEAN:
        relative, found = False, estimate(sample, stat, seed, relative=False)
    swapped = chance(sample, stat, seed, relative=relative) if found is not None else None
    return Measured(metric, stat, sample, found, swapped, relative)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A gate and what was measured for it; `runs` of each side, and how much runs differ."""

    gate: Gate
    measured: Measured
    spread: Spread
    runs: tuple[int, int] = (1, 1)

    @property
    def metric(self) -> Metric:
        """What is compared."""
        return self.measured.metric

    @property
    def sample(self) -> Sample:
        """The values of both sides."""
        return self.measured.sample

    @property
    def drift(self) -> Drift:
        """How far the sides lie apart by themselves; of differences nothing is known about that."""
        return self.spread.between(*self.runs) if self.measured.relative else Drift()

    @property
    def least(self) -> float:
        """A smaller change of a duration never matters; of what is no duration any does."""
        if self.metric.unit is not Unit.NS:
            return 0.0
        return self.metric.least_ns if self.gate.least_ns is None else self.gate.least_ns

    @property
    def limits(self) -> tuple[float, float]:
        """What is tolerated, and the margin, in the unit of the effect. Where there is no ratio: what matters."""
        gate = self.gate
        if self.measured.relative:
            return math.log1p(gate.tolerated), math.log1p(gate.margin)
        return (self.least, 0.0) if self.metric.relative else (gate.tolerated, gate.margin)

    @property
    def same(self) -> bool:
        """Whether both sides are one: the same sessions, of the same run."""
        return self.spread.origin is Origin.SAME_RUN


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate says. `change` and its bounds are ratios, or differences of shares.

    `ci`: what sampling and the measured spread of runs leave open. `bound`: with an assumed spread too; the
    verdict goes by it. `p`: one-sided, in the direction seen; null where nothing was tested. `smallest`: what would
    probably have been seen. `difference`: of sides that have no ratio, for one is not above zero; the change is null
    then.
    """

    gate: Gate
    baseline: float | None
    candidate: float | None
    change: float | None
    ci: tuple[float, float] | None
    bound: tuple[float, float] | None
    p: float | None
    p_adjusted: float | None
    smallest: float | None
    verdict: Verdict
    reason: str
    n: tuple[int, int] = (0, 0)
    missing: bool = False
    waived: str | None = None
    difference: float | None = None

    @property
    def worse_by(self) -> float:
        """The change in the metric's bad direction, as a share or in points; negative where it is better.

        Of what was nothing before, any change is beyond all bounds.
        """
        if self.difference is not None:
            worse = self.difference if BY_NAME[self.gate.metric].more_is_worse else -self.difference
            return math.copysign(math.inf, worse) if worse else 0.0
        return 0.0 if self.change is None else self._signed(self.change)

    def _signed(self, change: float) -> float:
        metric = BY_NAME[self.gate.metric]
        apart = change - 1 if metric.relative else change
        return apart if metric.more_is_worse else -apart


@dataclass(frozen=True, slots=True)
class _Looked:
    """A question as far as it can be answered by itself: effects with worse upwards."""

    question: Question
    found: Estimate
    low: float
    high: float
    p_worse: float
    p_better: float
    testable: bool


def answer(questions: Sequence[Question], alpha: float, seed: int) -> list[Answer]:
    """The answers of all gates, whose p are adjusted for each other.

    A gate with too few sessions counts as one of them, with a p of 1: how many gates there are was decided before
    anything was measured.
    """
    looked = [_look(question, seed) for question in questions]
    counted = [of for of in looked if isinstance(of, _Looked) and not _never_fails(of.question)]
    worse, better = (
        [min(1.0, p / KEPT) for p in holm(of_all)]
        for of_all in (
            [of.p_worse if of.testable else 1.0 for of in counted],
            [of.p_better if of.testable else 1.0 for of in counted],
        )
    )
    adjusted = {id(of): both for of, both in zip(counted, zip(worse, better, strict=True), strict=True)}
    return [
        of
        if isinstance(of, Answer)
        else _judge(of, adjusted.get(id(of), (1.0, 1.0)), len(counted), alpha, seed)
        for of in looked
    ]


def _look(question: Question, seed: int) -> _Looked | Answer:
    found, swapped = question.measured.found, question.measured.chance
    if found is None or swapped is None:
        return _without(question)
    sign = 1 if question.metric.more_is_worse else -1
    drift = question.drift
    low, high = sorted(sign * end for end in interval(found, drift, seed))
    p_worse, p_better = swapped.p(drift, seed)[::sign]
    testable = not (question.same or _too_few(question) or _never_fails(question))
    return _Looked(question, found, low, high, p_worse, p_better, testable)


def _too_few(question: Question) -> str:
    """How many sessions or tasks a side it takes, where there are fewer; else nothing."""
    least, sessions = LEAST_SESSIONS[question.gate.stat], question.sample.sessions
    if sessions < least:
        return f"needs at least {least} sessions a side, {least - sessions} more than there are"
    return _too_few_tasks(question.sample.clusters) if question.sample.clusters < LEAST_CLUSTERS else ""


def _too_few_tasks(tasks: int) -> str:
    return f"needs at least {LEAST_CLUSTERS} tasks a side, {LEAST_CLUSTERS - tasks} more than there are"


def _never_fails(question: Question) -> bool:
    """A share that is 1 throughout: nothing in it could differ, so that nothing is tested."""
    sides = (question.sample.base, question.sample.candidate)
    return question.metric.unit is Unit.SHARE and all(float(of.values.min()) == 1.0 for of in sides)


def _without(question: Question) -> Answer:
    sizes = (len(question.sample.base.values), len(question.sample.candidate.values))
    if min(sizes) == 0:
        which = {(True, True): "either side", (True, False): "the baseline", (False, True): "the candidate"}
        reason = f"no data for it in {which[sizes[0] == 0, sizes[1] == 0]}"
    elif question.sample.clusters < 2:
        reason = _too_few_tasks(question.sample.clusters)
    else:
        reason = "has values that are not above zero, of which there is no ratio"
    return Answer(
        question.gate,
        baseline=None,
        candidate=None,
        change=None,
        ci=None,
        bound=None,
        p=None,
        p_adjusted=None,
        smallest=None,
        verdict=Verdict.INCONCLUSIVE,
        reason=reason,
        n=sizes,
        missing=min(sizes) == 0,
    )


def _judge(looked: _Looked, p: tuple[float, float], counted: int, alpha: float, seed: int) -> Answer:
    question, found = looked.question, looked.found
    sign = 1 if question.metric.more_is_worse else -1
    verdict, reason = _verdict(looked, p, alpha)
    told = Drift() if question.spread.origin is Origin.ASSUMED else question.drift
    worse = sign * found.effect > 0
    smallest = detectable(found, question.drift, seed, KEPT * alpha / max(counted, 1))
    sides = (question.sample.base, question.sample.candidate)
    has_ratio = question.measured.relative is question.metric.relative
    return Answer(
        gate=question.gate,
        baseline=found.base,
        candidate=found.candidate,
        change=question.metric.shown(found.effect) if has_ratio else None,
        ci=_both(question.metric, *interval(found, told, seed)) if has_ratio else None,
        bound=_both(question.metric, *sorted((sign * looked.low, sign * looked.high))) if has_ratio else None,
        p=(looked.p_worse if worse else looked.p_better) if looked.testable else None,
        p_adjusted=(p[0] if worse else p[1]) if looked.testable else None,
        smallest=question.metric.shown(sign * smallest) if looked.testable and has_ratio else None,
        verdict=verdict,
        reason=reason,
        n=(len(sides[0].values), len(sides[1].values)),
        difference=None if has_ratio else found.effect,
    )


def _both(metric: Metric, low: float, high: float) -> tuple[float, float]:
    return metric.shown(low), metric.shown(high)


def _verdict(looked: _Looked, p: tuple[float, float], alpha: float) -> tuple[Verdict, str]:  # noqa: PLR0911  # a way out for each verdict
    question = looked.question
    if question.same:
        return Verdict.NO_CHANGE, "both sides are the same sessions"
    if few := _too_few(question):
        return Verdict.INCONCLUSIVE, few
    if _never_fails(question):
        return Verdict.NO_CHANGE, "every session succeeded on both sides"
    worse = looked.found.effect if question.metric.more_is_worse else -looked.found.effect
    limit, margin = question.limits
    large = _matters(question, looked.found)
    if worse > limit + _EQUAL and looked.low > margin and p[0] <= alpha and large:
        return Verdict.REGRESSION, ""
    if worse < -limit - _EQUAL and looked.high < -margin and p[1] <= alpha and large:
        return Verdict.IMPROVEMENT, ""
    if looked.low >= -limit and looked.high <= limit:
        return Verdict.NO_CHANGE, "the interval lies within what is tolerated"
    return Verdict.INCONCLUSIVE, _doubt(looked, p, alpha, limit, margin)


def _matters(question: Question, found: Estimate) -> bool:
    return question.metric.unit is not Unit.NS or abs(found.candidate - found.base) > question.least


def _doubt(looked: _Looked, p: tuple[float, float], alpha: float, limit: float, margin: float) -> str:
    """Why it is neither shown to be a change nor to be none: the first thing that is not fulfilled."""
    worse = looked.found.effect if looked.question.metric.more_is_worse else -looked.found.effect
    if abs(worse) <= limit:
        return "within what is tolerated at best guess, but the interval is wider"
    if not _matters(looked.question, looked.found):
        return "the change is smaller than what matters"
    certain = looked.low > margin if worse > 0 else looked.high < -margin
    chance = p[0] if worse > 0 else p[1]
    if not certain or chance > alpha:
        return f"not told from chance{_beside(looked.question)}"
    return "the interval is wider than what is tolerated"


def _beside(question: Question) -> str:
    """What runs have to do with it, and what would help."""
    if not question.drift.sd:
        return ""
    hint = ""
    if question.spread.origin is Origin.ASSUMED:
        hint = ", which was never measured (--noise, or several runs)"
    elif question.spread.origin is Origin.FEW_RUNS or question.spread.freedom < ENOUGH_RUNS - 1:
        hint = f", of which fewer than {ENOUGH_RUNS} runs tell little (--noise of more)"
    return f" and what two runs may differ by{hint}"


def overall(answers: Sequence[Answer]) -> Verdict:
    """The gravest verdict of the gates that can fail and are not waived; of the others where there are none.

    Nothing is called an improvement while another gate looks worse than it tolerates, though that is not shown.
    """
    counted = [of for of in answers if of.waived is None]
    failing = [of for of in counted if of.gate.level is Level.ERROR] or counted
    given = {of.verdict for of in failing}
    found = next((verdict for verdict in Verdict if verdict in given), Verdict.INCONCLUSIVE)
    if found is Verdict.IMPROVEMENT and any(looks_worse(of) for of in failing):
        return Verdict.INCONCLUSIVE
    return found


def looks_worse(of: Answer) -> bool:
    """Whether the best guess is worse than what is tolerated, and nothing says that it is no chance."""
    return of.verdict is Verdict.INCONCLUSIVE and of.worse_by > of.gate.tolerated
