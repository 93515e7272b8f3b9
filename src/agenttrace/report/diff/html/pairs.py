"""The waterfalls of a task side by side, on one scale: drawn once, as they are, for whoever runs no program too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from agenttrace.model.vocabulary import Phase
from agenttrace.report.diff.wording import moved
from agenttrace.report.html.drawn_sessions import Drawn, drawn_sessions
from agenttrace.report.html.escape import text, words
from agenttrace.report.html.one import Part
from agenttrace.report.html.path_table import path_table
from agenttrace.report.html.waterfall import waterfall_html
from agenttrace.report.timeline.thinning import thinned
from agenttrace.report.timeline.timeline import Timeline
from agenttrace.units import format_duration

MOST_SPANS = 1_500
_WIDTH = 1_000
_ROW, _GAP, _LINE = 14, 4, 3
_MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """A task and how it ran on each side; null where that side was kept without its traces."""

    task: str
    baseline: Timeline | None
    candidate: Timeline | None

    @property
    def sides(self) -> list[tuple[str, Timeline]]:
        """Those that can be drawn."""
        both = (("baseline", self.baseline), ("candidate", self.candidate))
        return [(name, of) for name, of in both if of is not None]


def pair_parts(pairs: Sequence[DrawnPair], note: str) -> list[Part]:
    """The most moved task side by side, and the waterfall in which all of them can be walked through.

    `note`: why nothing is drawn, where nothing is.
    """
    told = [pair for pair in pairs if pair.sides]
    if not told:
        return [Part("most-moved", "Most moved", _section(f'<p class="note">{words(note)}</p>\n'))]
    first = told[0]
    scale = max(of.end_ns - of.start_ns for _, of in first.sides) or 1
    figures = "".join(_figure(name, of, scale) for name, of in first.sides)
    head = f'<p>Task <span class="quoted">{text(first.task)}</span>: {words(_summary(first))}</p>\n'
    body = f'{head}<div class="columns">\n{figures}</div>\n{_legend(first)}'
    drawn = _embedded(told)
    phases = [phase for phase in Phase if phase.value in {name for pair in told for name in _phases(pair)}]
    waterfall = waterfall_html(drawn, phases, which="most moved")
    return [
        Part("most-moved", "Most moved", _section(body)),
        Part("waterfall-part", "Waterfall", f'<div id="waterfall-part">\n{waterfall}</div>\n'),
    ]


def embedded(pairs: Sequence[DrawnPair]) -> list[Drawn]:
    """The sessions as the page's program reads them, under names that say which side they are of."""
    return _embedded([pair for pair in pairs if pair.sides])


def _embedded(pairs: Sequence[DrawnPair]) -> list[Drawn]:
    return drawn_sessions(
        replace(of, session=f"{name} {of.session}") for pair in pairs for name, of in pair.sides
    )


def _section(body: str) -> str:
    return f'<section id="most-moved" class="long">\n<h2>The most moved task, side by side</h2>\n{body}</section>\n'


def _summary(pair: DrawnPair) -> str:
    took = [f"{name} {format_duration(of.end_ns - of.start_ns)}" for name, of in pair.sides]
    if pair.baseline is None or pair.candidate is None:
        return took[0]
    before, after = (of.end_ns - of.start_ns for _, of in pair.sides)
    return f"{', '.join(took)}, {moved(after - before)}"


def _phases(pair: DrawnPair) -> set[str]:
    return {str(name) for _, of in pair.sides for name in of.slices["phase"].cast(pl.String).unique()}


def _legend(pair: DrawnPair) -> str:
    used = _phases(pair)
    swatches = "".join(
        f'<li><span class="swatch p-{phase.value}"></span>{phase.value}</li>'
        for phase in Phase
        if phase.value in used
    )
    line = '<li><span class="line"></span>critical path</li>'
    return f'<ul class="legend" aria-label="Legend of both waterfalls">{line}{swatches}</ul>\n'


def _figure(name: str, whole: Timeline, scale: int) -> str:
    of = thinned(whole, MOST_SPANS)
    wall = format_duration(of.end_ns - of.start_ns)
    agents = f"{len(of.lanes)} agents, the main one on top" if len(of.lanes) > 1 else "one agent"
    caption = f"{name}: {wall}, {agents}; both sides have the same scale, {format_duration(scale)}"
    return (
        f'<figure class="still" data-side="{name}">\n<h3>{name} <span class="quoted">{text(of.session)}</span></h3>\n'
        f"{_drawing(of, scale, f'Waterfall of the {name}, {wall}')}"
        f'<div class="ends"><span>0 s</span><span>{words(format_duration(scale))}</span></div>\n'
        f"<figcaption>{words(caption)}</figcaption>\n{path_table(of)}</figure>\n"
    )


def _drawing(of: Timeline, scale: int, label: str) -> str:
    tops, height = _tops(of)
    shapes = "".join((*_bars(of, scale, tops), *_path_lines(of, scale, tops)))
    return (
        f'<svg class="still" viewBox="0 0 {_WIDTH} {height}" height="{height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(label)}">{shapes}</svg>\n'
    )


def _tops(of: Timeline) -> tuple[list[int], int]:
    """Where each lane begins: rows of its outermost spans, then a line for the path."""
    outer = of.spans.filter(~pl.col("inner")).group_by("lane").agg(rows=pl.col("row").max() + 1)
    rows = dict(outer.iter_rows())
    tops, top = [], 0
    for lane in range(len(of.lanes)):
        tops.append(top)
        top += min(rows.get(lane, 0), _MOST_ROWS) * _ROW + _LINE + _GAP
    return tops, max(top, _ROW)


def _bars(of: Timeline, scale: int, tops: Sequence[int]) -> Iterator[str]:
    places = of.spans.with_row_index("place").select(
        pl.col("place").cast(pl.Int64), "lane", "row", "inner", on_path=pl.col("critical_ns") > 0
    )
    shown = of.slices.join(places, on="place", maintain_order="left").filter(
        ~pl.col("inner") & (pl.col("row") < _MOST_ROWS)
    )
    columns = ("phase", "start_ns", "end_ns", "lane", "row", "on_path")
    for phase, start, end, lane, row, on_path in shown.select(columns).iter_rows():
        left, width = _across(start - of.start_ns, end - start, scale)
        kind = f"p-{phase}" if on_path else f"p-{phase} off"
        yield (
            f'<rect class="{kind}" x="{left:.2f}" y="{tops[lane] + row * _ROW}" '
            f'width="{width:.2f}" height="{_ROW - 1}"/>'
        )


def _path_lines(of: Timeline, scale: int, tops: Sequence[int]) -> Iterator[str]:
    """Below the lane that the path runs through; stretches of one lane that touch are one line."""
    ends = [*tops[1:], _tops(of)[1]]
    run: tuple[int, int, int] | None = None
    for lane, start, end in of.path.select("lane", "start_ns", "end_ns").iter_rows():
        if run is not None and run[0] == lane and run[2] == start:
            run = (lane, run[1], end)
            continue
        yield from _line(run, of, scale, ends)
        run = (lane, start, end)
    yield from _line(run, of, scale, ends)


def _line(run: tuple[int, int, int] | None, of: Timeline, scale: int, ends: Sequence[int]) -> Iterator[str]:
    if run is None:
        return
    lane, start, end = run
    left, width = _across(start - of.start_ns, end - start, scale)
    yield f'<rect class="path" x="{left:.2f}" y="{ends[lane] - _GAP - _LINE}" width="{width:.2f}" height="{_LINE}"/>'


def _across(after_ns: int, length_ns: int, scale: int) -> tuple[float, float]:
    return _WIDTH * after_ns / scale, max(_WIDTH * length_ns / scale, 0.3)
