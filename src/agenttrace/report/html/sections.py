"""Sections of cells as HTML: the tables of the terminal, with bars and curves that are drawn."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from urllib.parse import quote

from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Spark, Words
from agenttrace.report.escaping import clipped, printable
from agenttrace.report.html.escape import text, words

_QUOTED_LIMIT = 300
_ONE_LINE = 26  # names and codes up to this many characters are not broken
_CURVE_HEIGHT = 20


def section_html(section: Section, *, linked: Collection[str] = (), key: str | None = None) -> str:
    """A section with its heading; `linked`: the sessions that the page can open. `key` is its id, if it has one."""
    anchor = f' id="{text(key)}"' if key else ""
    return f"<section{anchor}>\n<h2>{text(section.title)}</h2>\n{section_body(section, linked=linked)}</section>\n"


def section_body(section: Section, *, linked: Collection[str] = ()) -> str:
    """The table and the sentences below it."""
    notes = "".join(f'<p class="note">{words(note)}</p>\n' for note in section.notes)
    return table_html(section, linked=linked) + notes


def table_html(section: Section, *, linked: Collection[str] = ()) -> str:
    """The table alone, in a box that scrolls where it is too wide."""
    rows = "".join(_row(section.columns, row, linked) for row in section.rows)
    heading = ""
    if any(column.title for column in section.columns):
        heading = f"<thead><tr>{''.join(_heading(column) for column in section.columns)}</tr></thead>"
    label = text(section.title)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f"<table>{heading}<tbody>\n{rows}</tbody></table></div>\n"
    )


def slug(title: str) -> str:
    """A title as an id."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _heading(column: Column) -> str:
    kind = ' class="number"' if column.kind == "number" else ""
    remark = f'<br><span class="faint">{text(column.remark)}</span>' if column.remark else ""
    if not column.title:
        return f"<td{kind}></td>"
    return f'<th scope="col"{kind}>{text(column.title)}{remark}</th>'


def _row(columns: tuple[Column, ...], row: tuple[Cell, ...], linked: Collection[str]) -> str:
    strong = isinstance(row[0], Words) and row[0].tone == "strong" and row[0].text == "total"
    cells = "".join(_cell(column, cell, linked) for column, cell in zip(columns, row, strict=True))
    kind = ' class="total"' if strong else ""
    return f"<tr{kind}>{cells}</tr>\n"


def _cell(column: Column, cell: Cell, linked: Collection[str]) -> str:
    match cell:
        case Words(told, tone):
            kinds = [*(["number"] if column.kind == "number" else []), *([tone] if tone != "plain" else [])]
            if column.remark:
                kinds.append("faint")
            return f"<td{_classes(kinds)}>{text(told)}</td>"
        case Quoted():
            kind = "quoted" if len(cell.text or "") <= _ONE_LINE else "quoted long"
            return f'<td class="{kind}">{_quoted(cell, column, linked)}</td>'
        case Bar(share, phase):
            kind = f' class="p-{phase.value}"' if phase else ""
            width = 100 * max(0.0, min(1.0, share))
            fill = f'<span{kind} style="width:{width:.2f}%"></span>' if share > 0 else ""
            return f'<td class="{"bar" if phase else "bar plain-bar"}">{fill}</td>'
        case Spark():
            return f'<td class="spark">{_spark(cell)}</td>'


def _classes(kinds: list[str]) -> str:
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _quoted(cell: Quoted, column: Column, linked: Collection[str]) -> str:
    if cell.text is None:
        return "–"
    shown = text(clipped(cell.text, _QUOTED_LIMIT))
    if column.title == "session" and cell.text in linked:
        return f'<a href="#s={quote(printable(cell.text), safe="")}">{shown}</a>'
    return shown


def _spark(spark: Spark) -> str:
    """A curve with a gap where nothing is known, and a line down at each mark."""
    width = max(1, len(spark.values) - 1)
    lines = "".join(f'<polyline points="{points}"/>' for points in _runs(spark))
    marks = "".join(f'<line x1="{at}" x2="{at}" y1="0" y2="{_CURVE_HEIGHT}"/>' for at in spark.marks)
    return (
        f'<svg class="spark" viewBox="0 0 {width} {_CURVE_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f"{lines}{marks}</svg>"
    )


def _runs(spark: Spark) -> Iterator[str]:
    highest = spark.highest or 1.0
    points = [
        None if value is None else f"{at},{_CURVE_HEIGHT * (1 - value / highest):.2f}"
        for at, value in enumerate(spark.values)
    ]
    for is_known, run in groupby(points, key=lambda point: point is not None):
        if is_known:
            yield " ".join(point for point in run if point)
