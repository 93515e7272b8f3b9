"""Slack and drag of what a drawing shows."""

from __future__ import annotations

from agenttrace.critical_path.floats import FOREVER
from agenttrace.critical_path.margins import find_margins
from agenttrace.critical_path.schedule import plan
from timeline import MS, draw


def margins_of(text: str) -> dict[str, tuple[float, float | None]]:
    """For each name drag and slack in ms; the slack of what nothing waits for is None."""
    drawing = draw(text)
    found = find_margins(plan(drawing.graph))
    return {
        span.name: (int(drag) / MS, None if slack == FOREVER else int(slack) / MS)
        for span, drag, slack in zip(drawing.spans, found.drag, found.slack, strict=True)
    }
