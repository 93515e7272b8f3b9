"""The report in the terminal: an outline drawn with rich, readable at 80 columns and without colour."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Bar, Cell, Column, Outline, Quoted, Section, Spark, Words
from agenttrace.report.escaping import clipped, clipped_start, printable
from agenttrace.report.glyphs import bar, curve
from agenttrace.report.outline import DEFAULT_TOP, outline
from agenttrace.report.stacked import BAR_LEAST, SPARK_LEAST, fits, spare, stacked, without_bars
from agenttrace.report.wrapping import wrapped

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

LEAST_WIDTH = 20
MOST_WIDTH = 120
_QUOTED_LIMIT = 300
_INDENT = 2
_TONES = {"plain": "", "faint": "dim", "strong": "bold", "warning": "yellow", "error": "bold red"}
PHASE_COLORS = {
    Phase.QUEUE: "yellow",
    Phase.PREFILL: "cyan",
    Phase.DECODE: "blue",
    Phase.MODEL: "bright_blue",
    Phase.NETWORK: "magenta",
    Phase.TOOL: "green",
    Phase.BACKOFF: "red",
    Phase.USER: "bright_black",
    Phase.SUSPENDED: "bright_black",
    Phase.HARNESS: "bright_magenta",
    Phase.UNKNOWN: "bright_black",
}


@dataclass(frozen=True, slots=True)
class _Rooms:
    """Columns of the terminal for a bar and for a curve."""

    bar: int
    spark: int


def to_terminal(
    analysis: Analysis,
    *,
    top: int = DEFAULT_TOP,
    labels: Mapping[str, str] | None = None,
    width: int = 100,
    color: bool = False,
) -> str:
    """The whole report as text; without `color` there is no escape sequence in it."""
    return draw(outline(analysis, top=top, labels=labels), width=width, color=color)


def draw(report: Outline, *, width: int, color: bool) -> str:
    """An outline as text, at most `width` columns wide (and at least 20)."""
    width = max(LEAST_WIDTH, min(MOST_WIDTH, width))
    console = _console(width, color=color)
    with console.capture() as capture:
        console.print(Text(wrapped(report.answer, width), style="bold"))
        console.print(Text(wrapped(report.counts, width), style="dim"))
        for section in report.sections:
            console.print(_section(section, width))
        console.print(_heading("Read from", width))
        for line in report.origin:
            console.print(Padding(_origin_line(line, width), (0, 0, 0, _INDENT)))
    return _trimmed(capture.get())


def draw_sections(sections: Sequence[Section], *, width: int, color: bool) -> str:
    """Sections alone, as `draw` draws them."""
    width = max(LEAST_WIDTH, min(MOST_WIDTH, width))
    console = _console(width, color=color)
    with console.capture() as capture:
        for section in sections:
            console.print(_section(section, width))
    return _trimmed(capture.get()).lstrip("\n")


def draw_lines(title: str, lines: Sequence[Text], *, width: int, color: bool) -> str:
    """Lines that are as wide as the terminal, however wide that is, under a heading."""
    console = _console(max(LEAST_WIDTH, width), color=color)
    with console.capture() as capture:
        console.print(_heading(title, width))
        for line in lines:
            console.print(line, no_wrap=len(line) <= width, overflow="crop" if len(line) <= width else "fold")
    return _trimmed(capture.get())


def _trimmed(text: str) -> str:
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _console(width: int, *, color: bool) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="256" if color else None,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _section(section: Section, width: int) -> RenderableType:
    parts: list[RenderableType] = [_heading(section.title, width), _rows(section, width)]
    parts += [Text(wrapped(note, width - _INDENT), style="dim") for note in section.notes]
    return Group(parts[0], *(Padding(part, (0, 0, 0, _INDENT)) for part in parts[1:]))


def _heading(title: str, width: int) -> Text:
    line = "─" * max(0, width - len(title) - 1)
    return Text.assemble("\n", (title, "bold"), " ", (line, "dim"))


def _rows(section: Section, width: int) -> RenderableType:
    """A table, without its bars if that is what it takes, or paragraphs."""
    room = width - _INDENT
    if not fits(section, room):
        section = without_bars(section)
    return _table(section, width) if fits(section, room) else Text(stacked(section, room))


def _table(section: Section, width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.show_header = any(column.title for column in section.columns)
    for place, column in enumerate(section.columns):
        cells = [row[place] for row in section.rows]
        _add_column(table, column, cells)
    rooms = _rooms(section, width)
    for row in section.rows:
        table.add_row(*(_drawn(cell, rooms, width) for cell in row))
    return table


def _rooms(section: Section, width: int) -> _Rooms:
    """Bars and curves take what names do not need to be told apart, so that nothing else is cut."""
    drawn = [column for column in section.columns if column.kind in {"bar", "spark"}]
    each = max(0, spare(section, width - _INDENT)) // max(1, len(drawn))
    return _Rooms(
        bar=max(BAR_LEAST, min(24, (width - 66) // 2, BAR_LEAST + each)),
        spark=max(SPARK_LEAST, min(60, width - 46, SPARK_LEAST + each)),
    )


def _add_column(table: Table, column: Column, cells: Sequence[Cell]) -> None:
    quoted = any(isinstance(cell, Quoted) for cell in cells)
    heading = Text(column.title, justify="left" if column.kind in {"text", "spark"} else "right")
    if column.remark:
        heading.append(f"\n{column.remark}")
    table.add_column(
        heading,
        justify="right" if column.kind == "number" else "left",
        style="dim" if column.remark else "",
        no_wrap=not quoted,
        min_width=8 if quoted else None,
        vertical="top",
    )


def _drawn(cell: Cell, rooms: _Rooms, width: int) -> Text:
    match cell:
        case Words(text, tone):
            return Text(text, style=_TONES[tone])
        case Quoted():
            return _quoted(cell, width)
        case Bar(share, phase):
            return Text(bar(share, rooms.bar), style=PHASE_COLORS[phase] if phase else "")
        case Spark():
            drawn, marks = curve(cell, rooms.spark)
            return Text.assemble((drawn, "blue"), *((("\n" + marks, "red"),) if marks else ()))


def _quoted(cell: Quoted, width: int) -> Text:
    if cell.text is None:
        return Text("–", style="dim")
    if cell.short_of == "start":
        text = clipped_start(printable(cell.text[-_QUOTED_LIMIT:]), max(min(24, width - _INDENT), width // 3))
        return Text(text, no_wrap=True, overflow="ellipsis")
    text = clipped(printable(cell.text[: _QUOTED_LIMIT + 1]), _QUOTED_LIMIT)
    if cell.short_of == "lines":
        return Text(text, overflow="fold")
    return Text(text, no_wrap=True, overflow="ellipsis")


def _origin_line(line: Sequence[Words | Quoted], width: int) -> Text:
    return Text("  ").join(_drawn(cell, _Rooms(0, 0), 2 * width) for cell in line)
