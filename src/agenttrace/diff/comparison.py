"""`compare`: two sides of session summaries in, everything that a report shows of them out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

import polars as pl

from agenttrace.diff.blame import divide_change
from agenttrace.diff.budgets import check_budgets
from agenttrace.diff.metrics import BY_NAME, METRICS, Metric, Unit
from agenttrace.diff.movers import most_moved
from agenttrace.diff.noise import logs_of
from agenttrace.diff.pairing import NONE, Pairing, pair
from agenttrace.diff.policy import Gate, Level, Policy
from agenttrace.diff.remarks import remarks
from agenttrace.diff.result import Cause, Compared, Comparison
from agenttrace.diff.samples import completed, sample_of
from agenttrace.diff.spread import Origin, Runs, Spread, measured, pooled
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.intervals import interval
from agenttrace.diff.statistics.multiplicity import benjamini_hochberg
from agenttrace.diff.statistics.sample import Sample, Side
from agenttrace.diff.statistics.shapes import LEAST_SESSIONS, Stat
from agenttrace.diff.verdicts import Answer, Measured, Question, Verdict, answer, measure, overall
from agenttrace.diff.workload import Workload, compare_work

TOLERATED_LOSS = 0.05
"""So many sessions may be gone, or fail more often, where something is called an improvement."""

_SUCCESS = "session.success_rate"


@dataclass(slots=True)
class _Looks:
    """Statistics by metric, each measured once."""

    pairing: Pairing
    seed: int
    samples: dict[str, Sample] = field(default_factory=dict)
    found: dict[tuple[str, Stat], Measured] = field(default_factory=dict)

    def at(self, metric: Metric, stat: Stat) -> Measured:
        """That statistic of that metric."""
        if metric.name not in self.samples:
            self.samples[metric.name] = sample_of(metric, self.pairing)
        if (metric.name, stat) not in self.found:
            self.found[metric.name, stat] = measure(metric, stat, self.samples[metric.name], self.seed)
        return self.found[metric.name, stat]


def compare(
    base: pl.DataFrame,
    candidate: pl.DataFrame,
    policy: Policy | None = None,
    *,
    noise: Mapping[str, Runs] | None = None,
    manifest: Mapping[str, str] | None = None,
    today: date | None = None,
) -> Comparison:
    """Frames as `summarise_sessions` makes them. `noise` by metric; `today` decides which waivers still hold."""
    policy = policy or Policy()
    seen = pair(base, candidate, policy.pair_by, manifest=manifest, least=policy.least_paired)
    looks = _Looks(completed(seen), policy.seed)
    spreads = _spreads(looks.pairing, noise or {}, policy.run_drift, same=_same(base, candidate))
    runs = tuple(max(1, frame.get_column("run_id").n_unique()) for frame in (seen.base, seen.candidate))
    questions = [
        Question(
            replace(gate, metric=metric.name),
            looks.at(metric, gate.stat),
            spreads[metric.name],
            (runs[0], runs[1]),
        )
        for gate in policy.gates
        if gate.level is not Level.OFF
        for metric in METRICS
        if fnmatchcase(metric.name, gate.metric)
    ]
    answers = _excused(answer(questions, policy.alpha, policy.seed), policy, today)
    workload = compare_work(looks.pairing, policy.seed)
    active = spreads["session.active_time"]
    found = Comparison(
        verdict=overall(answers),
        cause=cause_of(answers, workload, policy.gates),
        answers=answers,
        budgets=check_budgets(policy.budgets, _alone(base, candidate)),
        metrics=_explored(looks, spreads, (runs[0], runs[1])),
        workload=workload,
        blame=divide_change(seen),
        movers=most_moved(seen),
        pairing=seen,
        sessions=(base.height, candidate.height),
        failed=(_failed(base), _failed(candidate)),
        runs=(runs[0], runs[1]),
        spread=active,
        findings=(),
        policy=policy,
    )
    return replace(found, verdict=_doubted(found), findings=remarks(found, today))


def _alone(base: pl.DataFrame, candidate: pl.DataFrame) -> Callable[[Metric], Side]:
    """The candidate's sessions, whatever the baseline has."""
    whole = completed(pair(base, candidate, NONE))
    return lambda metric: sample_of(metric, whole).candidate


def _doubted(of: Comparison) -> Verdict:
    """Nothing is an improvement, and nothing unchanged, where sessions are lost; nor is failing sooner one."""
    if of.verdict not in {Verdict.IMPROVEMENT, Verdict.NO_CHANGE}:
        return of.verdict
    gone = of.pairing.unmatched[0] / max(1, of.sessions[0]) if of.pairing.paired else 0.0
    doubtful = max(gone, of.failed_more) > TOLERATED_LOSS or of.partly_known or of.partly_shared
    better = of.verdict is Verdict.IMPROVEMENT
    return Verdict.INCONCLUSIVE if of.pairing.lost or (better and doubtful) else of.verdict


def _failed(frame: pl.DataFrame) -> int:
    return int((frame.get_column("outcome") != "succeeded").sum())


def _same(base: pl.DataFrame, candidate: pl.DataFrame) -> bool:
    """Whether both sides are the same sessions of the same run, as where something is compared with itself."""
    told = ["session", "start_ns", "wall_ns", "outcome"]
    one, other = (frame.select(told).sort(told) for frame in (base, candidate))
    return base.height > 0 and one.equals(other)


def _spreads(pairing: Pairing, noise: Mapping[str, Runs], assumed: float, *, same: bool) -> dict[str, Spread]:
    """By metric: what the runs of both sides and the measured noise say of it."""
    if same:
        return {metric.name: Spread(0.0, float("inf"), Origin.SAME_RUN) for metric in METRICS}
    several = [
        frame for frame in (pairing.base, pairing.candidate) if frame.get_column("run_id").n_unique() > 1
    ]
    return {
        metric.name: pooled(
            [
                noise.get(metric.name),
                *(measured(*logs_of(metric, frame)) for frame in several if metric.relative),
            ],
            assumed,
        )
        for metric in METRICS
    }


def _excused(answers: Sequence[Answer], policy: Policy, today: date | None) -> list[Answer]:
    """Regressions that a waiver covers, marked."""
    excused = []
    for of in answers:
        covering = [
            waiver
            for waiver in policy.waivers
            if today is not None
            and of.verdict is Verdict.REGRESSION
            and waiver.covers(of.gate.metric, of.worse_by, today)
        ]
        excused.append(replace(of, waived=covering[0].why) if covering else of)
    return excused


def cause_of(answers: Sequence[Answer], workload: Workload, gates: Sequence[Gate]) -> Cause:
    """Serving is blamed for what is left when the work is equal, and the work for more only where it surely changed.

    Where nothing is left for sure, whatever explains more of the change is named. What is left the other way than
    the verdict says is no cause of it.
    """
    verdicts = [of for of in answers if of.verdict in {Verdict.REGRESSION, Verdict.IMPROVEMENT}]
    if not verdicts:
        return Cause.NONE
    timed = [of for of in verdicts if BY_NAME[of.gate.metric].unit is Unit.NS]
    if not timed:
        return Cause.OUTCOME if any(of.gate.metric == _SUCCESS for of in verdicts) else Cause.SERVING
    tolerated = min((gate.tolerated for gate in gates), default=0.05)
    margin = min((gate.margin for gate in gates), default=0.01)
    expected, left, ci = workload.expected, workload.ratio, workload.ci
    if expected is None or left is None or ci is None:
        return Cause.SERVING
    worked = bool(workload.changed) and abs(expected - 1) > tolerated
    slower = ci[0] > 1 + margin and left > 1 + tolerated
    faster = ci[1] < 1 / (1 + margin) and left < 1 / (1 + tolerated)
    worse = timed[0].verdict is Verdict.REGRESSION
    if faster if worse else slower:
        return Cause.WORKLOAD
    if slower or faster:
        return Cause.BOTH if worked else Cause.SERVING
    return Cause.WORKLOAD if abs(math.log(expected)) > abs(math.log(left)) else Cause.SERVING


def _explored(looks: _Looks, spreads: Mapping[str, Spread], runs: tuple[int, int]) -> list[Compared]:
    """Every statistic of every metric that both sides know."""
    rows: list[Compared] = []
    for metric in METRICS:
        for stat in metric.stats:
            one = looks.at(metric, stat)
            if one.found is not None and one.chance is not None and one.relative is metric.relative:
                rows.append(_row(one, spreads[metric.name], runs, looks.seed))
    adjusted = benjamini_hochberg([row.p for row in rows]) if rows else []
    return [replace(row, q=q) for row, q in zip(rows, adjusted, strict=True)]


def _row(one: Measured, spread: Spread, runs: tuple[int, int], seed: int) -> Compared:
    """The interval of what was sampled, widened by what was measured of runs; p is two-sided."""
    assert one.found is not None  # noqa: S101  # told apart by the caller
    assert one.chance is not None  # noqa: S101
    told = spread.origin is not Origin.ASSUMED and one.metric.relative
    apart = spread.between(*runs) if told else Drift()
    low, high = interval(one.found, apart, seed)
    return Compared(
        one.metric.name,
        one.metric.unit.value,
        one.stat,
        one.found.base,
        one.found.candidate,
        one.metric.shown(one.found.effect),
        (one.metric.shown(low), one.metric.shown(high)),
        min(1.0, 2 * min(one.chance.p(apart, seed))),
        1.0,
        one.sample.sessions >= LEAST_SESSIONS[one.stat],
    )
