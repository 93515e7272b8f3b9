"""Annotations of a GitHub workflow run: a line for each gate and budget that failed, or found no data."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.diff.policy import Level
from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Verdict
from agenttrace.report.diff.headline import because
from agenttrace.report.diff.wording import changed, limits, value, without_counterpart
from agenttrace.report.escaping import printable

MOST = 10
"""More of a kind in one step are not shown."""


def annotation_lines(of: Comparison) -> list[str]:
    """Workflow commands; nothing where nothing failed."""
    return [*_failed(of)][:MOST]


def _failed(of: Comparison) -> Iterator[str]:
    for one in of.answers:
        if one.verdict is Verdict.REGRESSION and one.waived is None:
            name = one.gate.metric
            values = f"{value(name, one.baseline)} to {value(name, one.candidate)} ({changed(one)})"
            yield _command(
                one.gate.level,
                f"{name} {one.gate.stat.value}",
                ": ".join(filter(None, (values, because(of)))),
            )
        elif one.missing:
            yield _command(one.gate.level, f"{one.gate.metric} {one.gate.stat.value}", one.reason)
    for limit in of.budgets:
        if limit.kept is False or limit.missing:
            values = f"{value(limit.metric, limit.value)}, {limits(limit.budget, limit.metric)}"
            told = limit.reason if limit.missing else values
            yield _command(limit.budget.level, f"{limit.metric} {limit.budget.stat.value}", told)
    if of.pairing.lost:
        yield _command(Level.ERROR, "lost sessions", without_counterpart(of))


def _command(level: Level, title: str, message: str) -> str:
    kind = "error" if level is Level.ERROR else "warning"
    return f"::{kind} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """As workflow commands want it: no line ends, no percent signs of their own."""
    return printable(text).replace("%", "%25")
