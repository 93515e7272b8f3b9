"""A session as the page embeds it: its data for the page's program, and its path as a table for those who run none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agenttrace.report.html.escape import json_script
from agenttrace.report.html.path_table import path_table
from agenttrace.report.html.session_data import session_data
from agenttrace.report.timeline.timeline import Timeline

MOST_CHARS = 4_000_000
"""Of the data of all embedded sessions; the slowest one is embedded whatever its size."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """`left_out`: how many of its spans are not in `data`."""

    session: str
    wall_ns: int
    data: str
    path_table: str
    left_out: int


def drawn_sessions(timelines: Iterable[Timeline]) -> list[Drawn]:
    """As many as there is room for; they come slowest first."""
    drawn: list[Drawn] = []
    room = MOST_CHARS
    for timeline in timelines:
        data = json_script(session_data(timeline))
        room -= len(data)
        if drawn and room < 0:
            break
        wall = timeline.end_ns - timeline.start_ns
        drawn.append(Drawn(timeline.session, wall, data, path_table(timeline), timeline.left_out))
    return drawn
