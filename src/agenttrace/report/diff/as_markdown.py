"""A comparison for a pull request: verdict and biggest mover first, details folded, small enough to post."""

from __future__ import annotations

from agenttrace.diff.result import Comparison
from agenttrace.report.as_markdown import section_lines
from agenttrace.report.cells import Section
from agenttrace.report.diff import outline as made
from agenttrace.report.diff.headline import counted, headline

MARKER = "<!-- agenttrace-diff -->"
"""Lets whoever posts it find the comment again and replace it."""

MOST_BYTES = 60_000
_LEFT_OUT = "\n\n(cut: the whole comparison is in the JSON document)\n"


def to_markdown(of: Comparison, *, top: int = made.DEFAULT_TOP) -> str:
    """At most MOST_BYTES long; words from traces stand in code spans."""
    shown = (made.gates(of), made.budgets(of), made.work(of), made.phases(of))
    folded = (made.parts(of, top), made.movers(of, top), made.metrics(of), made.findings(of))
    parts = [MARKER, f"**{headline(of)}**", counted(of)]
    parts += [_text(section) for section in shown if section.rows]
    for section in folded:
        if not section.rows:
            continue
        piece = f"<details><summary>{section.title}</summary>\n\n{_text(section)}\n\n</details>"
        if len("\n\n".join([*parts, piece]).encode()) > MOST_BYTES - len(_LEFT_OUT):
            return "\n\n".join(parts) + _LEFT_OUT
        parts.append(piece)
    return "\n\n".join(parts) + "\n"


def _text(section: Section) -> str:
    return "\n".join(section_lines(section))
