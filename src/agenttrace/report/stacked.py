"""Tables for terminals that have no room for them: each row as a paragraph that names its values."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Spark, Words
from agenttrace.report.escaping import clipped, clipped_start, printable
from agenttrace.report.glyphs import curve
from agenttrace.report.wrapping import DOT, wrapped

_INDENT = 2
_GAP = 2
_QUOTED_LEAST = 8
BAR_LEAST = 6
SPARK_LEAST = 16
_QUOTED_LIMIT = 120


def fits(section: Section, width: int) -> bool:
    """Whether a table has room for its numbers and words; text from a trace may be cut to a few characters."""
    return spare(section, width) >= 0


def spare(section: Section, width: int) -> int:
    """What is left for longer text, bars and curves beside all numbers and words, and the least of the others."""
    columns = [
        max(_needed_heading(column), *(_needed(row[place]) for row in section.rows), 0)
        for place, column in enumerate(section.columns)
    ]
    return width - sum(columns) - _GAP * (len(columns) - 1)


def without_bars(section: Section) -> Section:
    """The section without what only draws its numbers."""
    kept = [place for place, column in enumerate(section.columns) if column.kind != "bar"]
    return Section(
        section.title,
        tuple(section.columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in section.rows),
        section.notes,
    )


def stacked(section: Section, width: int) -> str:
    """The rows of a section, one below the other."""
    rows = []
    for row in section.rows:
        named = zip(section.columns, row, strict=True)
        parts = [part for column, cell in named for part in _told(column, cell, width)]
        rows.append(wrapped(DOT.join(parts), width, _INDENT))
    return "\n".join(rows)


def _told(column: Column, cell: Cell, width: int) -> Iterator[str]:
    text = _text(cell, width)
    if text:
        yield f"{column.title} {text}".strip()


def _text(cell: Cell, width: int) -> str:
    match cell:
        case Words(text):
            return text
        case Quoted(None):
            return "–"
        case Quoted(str(text), "start"):
            return clipped_start(printable(text[-_QUOTED_LIMIT:]), width - _INDENT)
        case Quoted(str(text)):
            return clipped(printable(text[: _QUOTED_LIMIT + 1]), _QUOTED_LIMIT)
        case Spark():
            return curve(cell, width - _INDENT)[0]
        case _:
            return ""


def _needed_heading(column: Column) -> int:
    return max(len(column.title), len(column.remark or ""))


def _needed(cell: Cell) -> int:
    match cell:
        case Words(text):
            return len(text)
        case Bar():
            return BAR_LEAST
        case Spark(values):
            return min(SPARK_LEAST, len(values))
        case _:
            return _QUOTED_LEAST
