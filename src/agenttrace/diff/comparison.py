"""`compare`: two sides of session summaries in, everything that a report shows of them out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

import polars as pl

from agenttrace.diff.blame import Blame, divide_change
from agenttrace.diff.budgets import BudgetAnswer, check_budgets
from agenttrace.diff.metrics import METRICS, Metric
from agenttrace.diff.movers import Mover, most_moved
from agenttrace.diff.noise import logs_of
from agenttrace.diff.pairing import Pairing, pair
from agenttrace.diff.policy import Gate, Level, Policy
from agenttrace.diff.remarks import Finding, remarks
from agenttrace.diff.samples import completed, sample_of
from agenttrace.diff.spread import Origin, Runs, Spread, measured, pooled
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.intervals import interval
from agenttrace.diff.statistics.multiplicity import benjamini_hochberg
from agenttrace.diff.statistics.sample import Sample
from agenttrace.diff.statistics.shapes import LEAST_SESSIONS, Stat
from agenttrace.diff.verdicts import Answer, Measured, Question, Verdict, answer, measure, overall
from agenttrace.diff.workload import Workload, compare_work
from agenttrace.display import Fact, card, line


class Cause(StrEnum):
    """Whether sessions changed because of what served them, or because of what they did."""

    SERVING = "serving"
    WORKLOAD = "workload"
    BOTH = "both"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Compared:
    """One statistic of one metric, for exploring: `q` is adjusted over all of them, and nothing is decided by it."""

    metric: str
    unit: str
    stat: Stat
    baseline: float
    candidate: float
    change: float
    ci: tuple[float, float]
    p: float
    q: float
    enough: bool


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What two sides of sessions say. `spread` is that of active times; `runs` of each side."""

    verdict: Verdict
    cause: Cause
    answers: Sequence[Answer]
    budgets: Sequence[BudgetAnswer]
    metrics: Sequence[Compared]
    workload: Workload
    blame: Blame
    movers: Sequence[Mover]
    pairing: Pairing
    sessions: tuple[int, int]
    failed: tuple[int, int]
    runs: tuple[int, int]
    spread: Spread
    findings: Sequence[Finding]
    policy: Policy

    def __repr__(self) -> str:
        """One line: the verdict, and what it goes by."""
        return line("Comparison", self._facts())

    def _repr_html_(self) -> str:
        """A small table for notebooks: the gates."""
        rows = [["gate", "statistic", "change", "verdict"]]
        for of in self.answers:
            change = "unknown" if of.change is None else f"{of.change:.3f}"
            rows.append([of.gate.metric, of.gate.stat.value, change, of.verdict.value])
        return card("Comparison", self._facts(), rows)

    def _facts(self) -> list[Fact]:
        before, after = self.sessions
        return [
            ("verdict", self.verdict.value),
            ("cause", self.cause.value),
            ("sessions", f"{before:,} and {after:,}"),
            ("paired by", self.pairing.paired_by),
        ]

    @property
    def missing(self) -> Sequence[Answer]:
        """Gates that can fail and found no data."""
        return [of for of in self.answers if of.missing and of.gate.level is Level.ERROR]


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
        budgets=check_budgets(policy.budgets, looks.at),
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
    return replace(found, findings=remarks(found, today))


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
        excused.append(replace(of, waived=covering[0].reason) if covering else of)
    return excused


def cause_of(answers: Sequence[Answer], workload: Workload, gates: Sequence[Gate]) -> Cause:
    """Serving is blamed for what is left when the work is equal, and the work for more only where it surely changed.

    Where nothing is left for sure, whatever explains more of the change is named.
    """
    if not any(of.verdict in {Verdict.REGRESSION, Verdict.IMPROVEMENT} for of in answers):
        return Cause.NONE
    tolerated = min((gate.tolerated for gate in gates), default=0.05)
    margin = min((gate.margin for gate in gates), default=0.01)
    expected, left, ci = workload.expected, workload.ratio, workload.ci
    if expected is None or left is None or ci is None:
        return Cause.SERVING
    slower = ci[0] > 1 + margin and left > 1 + tolerated
    faster = ci[1] < 1 / (1 + margin) and left < 1 / (1 + tolerated)
    if slower or faster:
        worked = bool(workload.changed) and abs(expected - 1) > tolerated
        return Cause.BOTH if worked else Cause.SERVING
    return Cause.WORKLOAD if abs(math.log(expected)) > abs(math.log(left)) else Cause.SERVING


def _explored(looks: _Looks, spreads: Mapping[str, Spread], runs: tuple[int, int]) -> list[Compared]:
    """Every statistic of every metric that both sides know."""
    rows: list[Compared] = []
    for metric in METRICS:
        for stat in metric.stats:
            one = looks.at(metric, stat)
            if one.found is not None and one.chance is not None:
                rows.append(_row(one, spreads[metric.name], runs, looks.seed))
    adjusted = benjamini_hochberg([row.p for row in rows]) if rows else []
    return [replace(row, q=q) for row, q in zip(rows, adjusted, strict=True)]


def _row(one: Measured, spread: Spread, runs: tuple[int, int], seed: int) -> Compared:
    """The interval of what was sampled, widened by what was measured of runs; p is two-sided."""
    assert one.found is not None  # noqa: S101  # told apart by the caller
    assert one.chance is not None  # noqa: S101
    told = spread.origin is Origin.MEASURED and one.metric.relative
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
