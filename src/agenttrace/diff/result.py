"""What a comparison of two sides says: gates and their verdicts, what changed, and what is to blame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agenttrace.diff.blame import Blame
from agenttrace.diff.budgets import BudgetAnswer
from agenttrace.diff.movers import Mover
from agenttrace.diff.pairing import Pairing
from agenttrace.diff.policy import Level, Policy
from agenttrace.diff.spread import Spread
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.diff.workload import Workload
from agenttrace.display import Fact, card, line
from agenttrace.model.vocabulary import Severity

WELL_KNOWN = 0.9
"""Of the sessions of a side: with fewer it is said that a metric is known of some only."""

SHARED = 0.2
"""Of the sessions: more of them with a counterpart by chance are not to be expected."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed, how often, and in words."""

    code: str
    severity: Severity
    count: int
    example: str


class Cause(StrEnum):
    """Whether sessions changed because of what served them, of what they did, or of whether they succeeded."""

    SERVING = "serving"
    WORKLOAD = "workload"
    BOTH = "both"
    OUTCOME = "outcome"
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
    def missing(self) -> Sequence[Answer | BudgetAnswer]:
        """Gates and budgets that can fail and found no data."""
        gates = [of for of in self.answers if of.missing and of.gate.level is Level.ERROR]
        return [*gates, *(of for of in self.budgets if of.missing and of.budget.level is Level.ERROR)]

    @property
    def failing(self) -> bool:
        """Whether a gate or a budget fails: regressions and broken budgets always, what `fail_on` names besides."""
        judged: Sequence[Answer | BudgetAnswer] = [*self.answers, *self.budgets]
        return self.doubtful or any(self.fails(of) for of in judged)

    def fails(self, one: Answer | BudgetAnswer) -> bool:
        """Whether this gate or budget alone makes the comparison fail; what is missing is told by `missing`."""
        if isinstance(one, BudgetAnswer):
            return one.kept is False and one.budget.level is Level.ERROR and bool(self._grave)
        return one.verdict.value in self._grave and one.gate.level is Level.ERROR and one.waived is None

    @property
    def doubtful(self) -> bool:
        """Whether it fails as a whole: inconclusive, though no gate that can fail is."""
        told = self.verdict is Verdict.INCONCLUSIVE and Verdict.INCONCLUSIVE.value in self._grave
        return told and not any(self.fails(of) for of in self.answers)

    @property
    def _grave(self) -> frozenset[str]:
        """The verdicts that fail."""
        if "never" in self.policy.fail_on:
            return frozenset()
        return frozenset({Verdict.REGRESSION.value, *self.policy.fail_on})

    @property
    def partly_known(self) -> Sequence[Answer]:
        """Gates whose metric some sessions of a side know, and many do not."""
        sizes = (self.pairing.base.height, self.pairing.candidate.height)
        shares = {
            id(of): min(known / max(1, size) for known, size in zip(of.n, sizes, strict=True))
            for of in self.answers
        }
        return [of for of in self.answers if 0 < shares[id(of)] < WELL_KNOWN]

    @property
    def partly_shared(self) -> bool:
        """Whether sides that are compared as a whole work on some of the same tasks, and on others beside."""
        return not self.pairing.paired and max(self.pairing.tried.values(), default=0.0) > SHARED

    @property
    def failed_more(self) -> float:
        """How much larger the share of sessions that failed or were cut is in the candidate, in points of 1."""
        shares = [count / max(1, of) for count, of in zip(self.failed, self.sessions, strict=True)]
        return shares[1] - shares[0]
