"""The waterfall in the terminal: a line for each lane, as wide as there is room, with the critical path marked.

In colour a cell is a block of its phase's colour, full on the path and pale off it; without, it is the phase's letter,
a capital on the path. A cell shows the phase that fills most of it; if the path touches it, that of the path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from agenttrace.model.vocabulary import Phase
from agenttrace.report.escaping import printable
from agenttrace.report.headline import plural
from agenttrace.report.terminal import PHASE_COLORS, draw_lines
from agenttrace.report.timeline.lanes import Lane
from agenttrace.report.timeline.timeline import Timeline
from agenttrace.units import format_duration

LETTERS = dict(zip(Phase, "qpdmntbushx", strict=True))
_PHASES = tuple(Phase)
_MOST_LANES = 40
_TICK_CELLS = 14
_FULL, _PALE = "█", "░"


def draw_waterfall(timeline: Timeline, *, width: int, color: bool) -> str:
    """The lanes below each other; where there are more than forty, those that one turn spawned share a line."""
    groups = _groups(timeline)
    names = [name for name, _ in groups]
    gutter = min(max(map(cell_len, names)) + 2, max(10, width // 4))
    cells = max(10, width - gutter)
    lines = [_ruler(timeline, gutter, cells)]
    used: set[Phase] = set()
    for name, lanes in groups:
        line = Text(_fitted(name, gutter - 1) + " ")
        for phase, on_path in _cells(timeline, lanes, cells):
            line.append(*_cell(phase, on_path=on_path, color=color))
            used |= {phase} if phase else set()
        lines.append(line)
    lines.append(_legend([phase for phase in Phase if phase in used], color=color))
    return draw_lines("Waterfall", lines, width=width, color=color)


def _groups(timeline: Timeline) -> list[tuple[str, list[int]]]:
    lanes = timeline.lanes
    if len(lanes) <= _MOST_LANES:
        return [(_name(lane, place), [place]) for place, lane in enumerate(lanes)]
    shared: dict[tuple[int | None, int | None], list[int]] = {}
    for place, lane in enumerate(lanes):
        shared.setdefault((lane.parent, lane.turn), []).append(place)
    return [
        (
            _name(lanes[places[0]], places[0]) if len(places) == 1 else _several(lanes[places[0]], places),
            places,
        )
        for places in shared.values()
    ]


def _name(lane: Lane, place: int) -> str:
    if lane.parent is None:
        return printable(lane.name or "main")
    return f"{'  ' * min(lane.depth, 4)}{printable(lane.name or 'agent')} #{place}"


def _fitted(name: str, cells: int) -> str:
    """As wide as that; of a longer name the number stays that tells its lane from others."""
    if cell_len(name) <= cells:
        return name + " " * (cells - cell_len(name))
    head, sign, number = name.rpartition(" #")
    tail = f"…{sign}{number}" if number.isdigit() and len(number) < cells // 2 else "…"
    return set_cell_size(head if len(tail) > 1 else name, cells - len(tail)) + tail


def _several(lane: Lane, places: list[int]) -> str:
    turn = f"turn {lane.turn}: " if lane.turn else ""
    return f"{'  ' * min(lane.depth, 4)}{turn}{plural(len(places), 'subagent')}"


def _cells(timeline: Timeline, lanes: list[int], cells: int) -> Iterator[tuple[Phase | None, bool]]:
    """For each cell its phase, if anything is in it, and whether the path is."""
    edges = np.linspace(timeline.start_ns, timeline.end_ns, cells + 1)
    shown = timeline.spans.select(pl.col("lane").is_in(lanes) & ~pl.col("inner")).to_series()
    slices = timeline.slices.filter(shown.gather(timeline.slices["place"]))
    path = timeline.path.filter(pl.col("lane").is_in(lanes))
    busy, critical = (_coverage(frame, edges) for frame in (slices, path))
    for at in range(cells):
        amounts = critical[:, at] if critical[:, at].any() else busy[:, at]
        yield (_PHASES[int(amounts.argmax())] if amounts.any() else None), bool(critical[:, at].any())


def _coverage(intervals: pl.DataFrame, edges: np.ndarray) -> np.ndarray:
    """How much of each cell is in each phase: a row a phase, a column a cell."""
    covered = np.zeros((len(_PHASES), len(edges) - 1))
    codes = intervals["phase"].to_physical().to_numpy()
    start, end = (intervals[name].to_numpy().astype(np.float64) for name in ("start_ns", "end_ns"))
    for phase in np.unique(codes):
        chosen = codes == phase
        covered[phase] = np.diff(
            _passed(np.sort(start[chosen]), edges) - _passed(np.sort(end[chosen]), edges)
        )
    return covered


def _passed(instants: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """For each edge the sum of the times since all instants before it."""
    count = np.searchsorted(instants, edges)
    first = edges[0]
    sums = np.concatenate([[0.0], np.cumsum(instants - first)])
    passed: np.ndarray = count * (edges - first) - sums[count]
    return passed


def _cell(phase: Phase | None, *, on_path: bool, color: bool) -> tuple[str, str]:
    if phase is None:
        return " ", ""
    if color:
        return _FULL if on_path else _PALE, PHASE_COLORS[phase]
    letter = LETTERS[phase]
    return letter.upper() if on_path else letter, ""


def _ruler(timeline: Timeline, gutter: int, cells: int) -> Text:
    line = " " * gutter
    wall = timeline.end_ns - timeline.start_ns
    for at in range(0, cells if wall else 1, _TICK_CELLS):
        tick = f"|{format_duration(wall * at // cells)}"
        if at + len(tick) <= cells:
            line = line.ljust(gutter + at) + tick
    return Text(line, style="dim")


def _legend(phases: Sequence[Phase], *, color: bool) -> Text:
    line = Text(
        "on the path: " if color else "capitals: on the path; " if phases else "nothing took any time"
    )
    if color:
        line.append(f"{_FULL}  off it: {_PALE}  ")
    for phase in phases:
        line.append(_FULL if color else LETTERS[phase], PHASE_COLORS[phase] if color else "")
        line.append(f" {phase.value}  ")
    return line
