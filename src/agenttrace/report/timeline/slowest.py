"""The sessions that are drawn: the slowest ones, or those asked for, gathered from wherever they are analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.critical_path.slowness import slowest
from agenttrace.report.selection import beginning_with
from agenttrace.report.timeline.thinning import thinned
from agenttrace.report.timeline.timeline import Timeline, timelines

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.model.trace import Trace

MOST_SESSIONS = 24
MOST_SPANS = 150_000
"""Of one session, and of all that are kept together; the slowest one is kept in any case."""


def draw_slowest(
    trace: Trace, analysis: Analysis, wanted: Sequence[str] = (), *, most: int = MOST_SESSIONS
) -> list[Timeline]:
    """The timelines of the slowest sessions of a trace, slowest first: work that any process can do.

    `trace` is as it was analysed, its queues parted. `wanted`: the beginnings of ids; without any, all sessions.
    """
    sessions = analysis.sessions
    if wanted:
        sessions = sessions.filter(pl.col("session").is_in(sorted(beginning_with(sessions, wanted))))
    drawn = timelines(trace, slowest(sessions, most)["session"].to_list())
    return slowest_of((thinned(timeline, MOST_SPANS) for timeline in drawn), most=most)


def slowest_of(drawn: Iterable[Timeline], *, most: int = MOST_SESSIONS) -> list[Timeline]:
    """Of sessions from several traces those that are kept, slowest first."""
    kept: list[Timeline] = []
    room = MOST_SPANS
    for timeline in sorted(drawn, key=lambda one: (-one.active_ns, one.session))[:most]:
        room -= timeline.spans.height
        if kept and room < 0:
            break
        kept.append(timeline)
    return kept
