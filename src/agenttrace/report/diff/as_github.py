"""Annotations of a GitHub workflow run: a line for each gate and budget that failed, or found no data."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.report.diff.headline import because, headline
from agenttrace.report.diff.wording import changed, limits, value, without_counterpart
from agenttrace.report.escaping import printable

MOST = 10
"""More of a kind in one step are not shown."""


def annotation_lines(of: Comparison) -> list[str]:
    """Workflow commands, errors first; an error is what makes the comparison fail, or what is missing."""
    told = [*_told(of)]
    kinds = [[line for line in told if line.startswith(f"::{kind} ")][:MOST] for kind in ("error", "warning")]
    return [line for lines in kinds for line in lines]


def _told(of: Comparison) -> Iterator[str]:
    for one in of.answers:
        fails = of.fails(one)
        if one.missing or (one.waived is None and (fails or one.verdict is Verdict.REGRESSION)):
            grave = fails or one in of.missing
            yield _command(f"{one.gate.metric} {one.gate.stat.value}", _why(of, one), error=grave)
    for limit in of.budgets:
        if limit.kept is False or limit.missing:
            values = f"{value(limit.metric, limit.value)}, {limits(limit.budget, limit.metric)}"
            words = limit.reason if limit.missing else values
            grave = of.fails(limit) or limit in of.missing
            yield _command(f"{limit.metric} {limit.budget.stat.value}", words, error=grave)
    if of.doubtful:
        yield _command("verdict", headline(of), error=True)
    if of.pairing.lost:
        yield _command("lost sessions", without_counterpart(of), error=True)


def _why(of: Comparison, one: Answer) -> str:
    if one.missing:
        return one.reason
    name = one.gate.metric
    values = f"{value(name, one.baseline)} to {value(name, one.candidate)} ({changed(one)})"
    if one.verdict is Verdict.REGRESSION:
        return ": ".join(filter(None, (values, because(of))))
    return ": ".join(filter(None, (one.verdict.value, values, one.reason)))


def _command(title: str, message: str, *, error: bool) -> str:
    kind = "error" if error else "warning"
    return f"::{kind} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """As workflow commands want it: no line ends, no percent signs of their own."""
    return printable(text).replace("%", "%25")
