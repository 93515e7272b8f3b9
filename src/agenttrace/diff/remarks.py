"""What a reader of a comparison has to know beside its verdict, as findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from agenttrace.diff.result import Comparison, Finding
from agenttrace.diff.spread import Origin
from agenttrace.model.vocabulary import Phase, Severity


def remarks(of: Comparison, today: date | None) -> Sequence[Finding]:
    """In a fixed order; counts are sessions unless the words say otherwise."""
    return [
        *_about_pairs(of),
        *_about_runs(of),
        *_about_failures(of),
        *_about_what_is_known(of),
        *_about_work(of),
        *_about_waivers(of, today),
    ]


def _about_pairs(of: Comparison) -> Iterator[Finding]:
    pairing, without = of.pairing, sum(of.pairing.unmatched)
    if not pairing.paired:
        tried = ", ".join(f"{name} {share:.0%}" for name, share in pairing.tried.items())
        because = f" (of a side's sessions have a counterpart: {tried})" if tried else ""
        yield Finding(
            "not_paired",
            Severity.WARNING,
            without,
            f"sides are compared as a whole, which sees less{because}",
        )
    elif pairing.lost:
        yield Finding(
            "lost_sessions",
            Severity.ERROR,
            pairing.unmatched[0],
            "of the baseline have no counterpart: whatever became of them, the candidate cannot pass without them",
        )
    elif without:
        yield Finding(
            "unmatched_sessions",
            Severity.WARNING,
            without,
            "without a counterpart, left out of the comparison",
        )


def _about_runs(of: Comparison) -> Iterator[Finding]:
    if of.spread.origin is Origin.SAME_RUN:
        yield Finding(
            "same_sessions",
            Severity.INFO,
            sum(of.sessions),
            "both sides are the same sessions of the same run",
        )
    if of.spread.origin is Origin.ASSUMED:
        words = (
            f"how much runs of one deployment differ was never measured; a standard deviation of {of.spread.sd:.0%} is "
            "assumed. `agenttrace noise`, or several runs a side, would tell"
        )
        yield Finding("run_drift_assumed", Severity.INFO, 1, words)


def _about_failures(of: Comparison) -> Iterator[Finding]:
    if any(of.failed):
        base, candidate = of.failed
        words = (
            f"{base} of the baseline, {candidate} of the candidate failed or were cut off: each counts as at least as "
            "long as what succeeded at its task"
        )
        yield Finding("failed_sessions", Severity.WARNING, base + candidate, words)


def _about_what_is_known(of: Comparison) -> Iterator[Finding]:
    """Of how many sessions gates know their metric, and whether both sides divide requests into phases."""
    sides = (of.pairing.base, of.pairing.candidate)
    for one in of.partly_known:
        words = f"{one.gate.metric} is known of {one.n[0]} of {sides[0].height} sessions of the baseline, "
        words += f"{one.n[1]} of {sides[1].height} of the candidate: the others are left out of it"
        missing = sum(frame.height - known for known, frame in zip(one.n, sides, strict=True))
        yield Finding("metric_partly_known", Severity.WARNING, missing, words)
    untold = [int(frame.get_column(f"path_{Phase.QUEUE.value}_ns").null_count()) for frame in sides]
    if any(untold) and untold != [frame.height for frame in sides]:
        names = [name for name, count in zip(("the baseline", "the candidate"), untold, strict=True) if count]
        words = f"{' and '.join(names)} does not divide requests into queue, prefill and decode: all is model there"
        yield Finding("phases_untold", Severity.WARNING, sum(untold), words)
    if of.workload.expected is None and all(frame.height for frame in sides):
        words = (
            "what drives the times (tokens, calls) is not told by a side: times for equal work are not known"
        )
        yield Finding("work_unknown", Severity.INFO, 1, words)


def _about_work(of: Comparison) -> Iterator[Finding]:
    changed = of.workload.changed
    if changed:
        words = f"sessions did more or less: {', '.join(name.replace('_', ' ') for name in changed)}"
        yield Finding("workload_changed", Severity.WARNING, len(changed), words)


def _about_waivers(of: Comparison, today: date | None) -> Iterator[Finding]:
    for waiver in of.policy.waivers:
        if today is not None and today > waiver.expires:
            yield Finding(
                "waiver_expired", Severity.WARNING, 1, f"{waiver.metric}: {waiver.expires}, {waiver.why}"
            )
        elif not any(fnmatchcase(one.gate.metric, waiver.metric) for one in of.answers):
            yield Finding("waiver_unused", Severity.WARNING, 1, f"{waiver.metric}: no gate has such a metric")
