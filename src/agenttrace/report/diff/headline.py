"""The verdict and its biggest mover in one sentence."""

from __future__ import annotations

from agenttrace.diff.policy import Level
from agenttrace.diff.result import Cause, Comparison
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.report.diff.wording import between, change, moved, value, without_counterpart
from agenttrace.units import format_count

_WORDS = {
    Verdict.REGRESSION: "Regression",
    Verdict.IMPROVEMENT: "Improvement",
    Verdict.INCONCLUSIVE: "Inconclusive",
    Verdict.NO_CHANGE: "No change",
}
_TOLD_SHARE = 0.1


def headline(of: Comparison) -> str:
    """`Regression: session.active_time (geomean) 12.0 s to 24.0 s, 2.0 × (1.8 × to 2.2 ×); queue +9.4 s`."""
    parts = [f"{_WORDS[of.verdict]}: {_gate(_chosen(of))}"]
    if of.verdict is Verdict.INCONCLUSIVE:
        parts += [_doubt(_chosen(of)), _unchanged(of)]
    if of.verdict in {Verdict.REGRESSION, Verdict.IMPROVEMENT}:
        parts.append(because(of))
    parts += [_failures(of), _gone(of)]
    parts += [f"waived: {told}" for told in [_short(of, waived=True)] if told]
    parts += [f"warning: {told}" for told in [_short(of, waived=False)] if told]
    broken = [one for one in of.budgets if one.kept is False]
    if broken:
        parts.append(f"over budget: {', '.join(f'{one.metric} {one.budget.stat}' for one in broken)}")
    return "; ".join(part for part in parts if part)


def _doubt(one: Answer | None) -> str:
    """Why the gate that is named tells nothing, where it does not stand there yet."""
    if one is None or one.verdict is not Verdict.INCONCLUSIVE:
        return ""
    return one.reason if one.change is not None or one.difference is not None else ""


def _unchanged(of: Comparison) -> str:
    """What is shown to be as it was all the same."""
    same = [f"{one.gate.metric} ({one.gate.stat})" for one in of.answers if one.verdict is Verdict.NO_CHANGE]
    return f"no change in {', '.join(same)}" if same else ""


def _failures(of: Comparison) -> str:
    """How many failed, where more did than before."""
    if of.failed_more <= 0:
        return ""
    before, after = (f"{count} of {size}" for count, size in zip(of.failed, of.sessions, strict=True))
    return f"{after} sessions failed or were cut off, {before} before"


def _gone(of: Comparison) -> str:
    """How many sessions of the baseline have no counterpart, where sides share tasks."""
    if of.partly_shared:
        share = max(of.pairing.tried.values())
        return f"{share:.0%} of a side's sessions have a counterpart: not compared task by task"
    return without_counterpart(of) if of.pairing.paired and of.pairing.unmatched[0] else ""


def _short(of: Comparison, *, waived: bool) -> str:
    """The regressions that do not fail: those that are waived, or those of gates that only warn."""
    return ", ".join(
        f"{one.gate.metric} ({one.gate.stat}) {change(one.gate.metric, one.change)}"
        for one in of.answers
        if one.verdict is Verdict.REGRESSION
        and (one.waived is not None if waived else one.waived is None and one.gate.level is Level.WARN)
    )


def because(of: Comparison) -> str:
    """What the change of the mean wall time is made of, and whether sessions only did more."""
    if of.cause is Cause.WORKLOAD:
        left = change("session.active_time", of.workload.ratio)
        return f"sessions do {_more(of)} ({_work(of)}), for equal work {left}"
    whole = of.blame.change_ns
    largest = [
        f"{phase} {moved(ns)}"
        for phase, ns in sorted(of.blame.phases.items(), key=lambda one: -abs(one[1]))
        if ns and whole and ns / whole >= _TOLD_SHARE
    ]
    if of.cause is Cause.OUTCOME:
        return ""
    more = ""
    if of.cause is Cause.BOTH:
        left = change("session.active_time", of.workload.ratio)
        more = f", and sessions do {_more(of)} ({_work(of)}), for equal work {left}"
    return ", ".join(largest[:3]) + more


def counted(of: Comparison) -> str:
    """How many sessions were compared, and how they were paired."""
    base, candidate = of.sessions
    sides = f"{format_count(base)} sessions against {format_count(candidate)}"
    how = (
        f"{format_count(of.pairing.pairs)} pairs by {of.pairing.paired_by}"
        if of.pairing.paired
        else "not paired"
    )
    return f"{sides} · {how} · intervals 90 % · seed {of.policy.seed}"


def _more(of: Comparison) -> str:
    return "more" if (of.workload.expected or 1.0) > 1 else "less"


def _work(of: Comparison) -> str:
    told = [one for one in of.workload.work if one.ratio is not None]
    largest = sorted(told, key=lambda one: -abs((one.ratio or 1.0) - 1))[:1]
    changed = [one for one in told if one.changed] or largest
    return ", ".join(
        f"{one.name.replace('_', ' ')} {change('session.retries', one.ratio)}" for one in changed[:3]
    )


def _chosen(of: Comparison) -> Answer | None:
    """The gate that decided: the first with the overall verdict, else the first."""
    deciding = [one for one in of.answers if one.verdict is of.verdict and one.waived is None]
    return next(iter([*deciding, *of.answers]), None)


def _gate(one: Answer | None) -> str:
    if one is None:
        return "no gate is set"
    name = one.gate.metric
    values = f"{value(name, one.baseline)} to {value(name, one.candidate)}"
    if one.difference is not None:
        return f"{name} ({one.gate.stat}) {values}"
    if one.change is None:
        return f"{name} ({one.gate.stat}): {one.reason}"
    return f"{name} ({one.gate.stat}) {values}, {change(name, one.change)} ({between(name, one.bound)})"
