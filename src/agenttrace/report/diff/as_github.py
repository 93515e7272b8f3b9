"""Annotations of a GitHub workflow run: a line for each gate that failed."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.diff.comparison import Comparison
from agenttrace.diff.policy import Level
from agenttrace.diff.verdicts import Verdict
from agenttrace.report.diff.headline import because
from agenttrace.report.diff.wording import change, value
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
            values = (
                f"{value(name, one.baseline)} to {value(name, one.candidate)} ({change(name, one.change)})"
            )
            yield _command(one.gate.level, f"{name} {one.gate.stat.value}", f"{values}: {because(of)}")
    for limit in of.budgets:
        if limit.kept is False:
            values = f"{value(limit.metric, limit.value)}, at most {value(limit.metric, limit.budget.most)}"
            yield _command(limit.budget.level, f"{limit.metric} {limit.budget.stat.value}", values)


def _command(level: Level, title: str, message: str) -> str:
    kind = "error" if level is Level.ERROR else "warning"
    return f"::{kind} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """As workflow commands want it: no line ends, no percent signs of their own."""
    return printable(text).replace("%", "%25")
