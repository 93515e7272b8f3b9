"""What is drawn of single sessions: the page of `--html`, and the lanes of `--waterfall`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agenttrace.cli.options import STANDARD_OUTPUT
from agenttrace.cli.streams import write_data, write_file
from agenttrace.errors import UsageError

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.report.rendering import Manner
    from agenttrace.report.timeline.timeline import Timeline


def write_page(target: str, analysis: Analysis, timelines: Sequence[Timeline], manner: Manner) -> None:
    """The page, to its file or to standard output."""
    from agenttrace.report.html.drawn_sessions import drawn_sessions  # noqa: PLC0415  # hardly ever wanted
    from agenttrace.report.html.page import DEFAULT_TOP, page  # noqa: PLC0415

    top = manner.top or DEFAULT_TOP
    made = page(analysis, drawn_sessions(timelines), top=top, labels=manner.labels).encode()
    if target == STANDARD_OUTPUT:
        write_data([made])
    else:
        write_file(target, [made])


def write_waterfall(analysis: Analysis, timelines: Sequence[Timeline], manner: Manner) -> None:
    """The lanes of the session that was asked for. Raises UsageError where there are several."""
    from agenttrace.report.terminal_waterfall import draw_waterfall  # noqa: PLC0415  # hardly ever wanted

    count = analysis.sessions.height
    if count > 1:
        raise UsageError(f"--waterfall: there are {count} sessions", hint="choose one with --session ID")
    for timeline in timelines:
        write_data([draw_waterfall(timeline, width=manner.width, color=manner.color)])
