"""The report as Markdown, for a pull request or a wiki: every word from a trace stands in a code span."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agenttrace.report.cells import Bar, Cell, Column, Outline, Quoted, Section, Spark, Words
from agenttrace.report.escaping import clipped, clipped_start, markdown_code
from agenttrace.report.glyphs import curve
from agenttrace.report.outline import DEFAULT_TOP, outline

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_QUOTED_LIMIT = 100
_CURVE_CELLS = 40


def to_markdown(
    analysis: Analysis, *, top: int = DEFAULT_TOP, labels: Mapping[str, str] | None = None
) -> str:
    """The same sections as in the terminal, without the bars."""
    return markdown(outline(analysis, top=top, labels=labels))


def markdown(report: Outline) -> str:
    """An outline as Markdown."""
    parts = [f"**{report.answer}**", report.counts]
    parts += ["\n".join(section_lines(section)) for section in report.sections]
    parts.append("### Read from")
    parts.append("\n".join("- " + " ".join(_drawn(cell) for cell in line) for line in report.origin))
    return "\n\n".join(parts) + "\n"


def section_lines(section: Section) -> Iterator[str]:
    """A heading, a table without its bars, and notes."""
    kept = [place for place, column in enumerate(section.columns) if column.kind != "bar"]
    columns = [section.columns[place] for place in kept]
    yield f"### {section.title}"
    yield ""
    yield _row(_title(column) for column in columns)
    yield _row("---:" if column.kind == "number" else ":---" for column in columns)
    for row in section.rows:
        yield _row(_drawn(row[place]) for place in kept)
    for note in section.notes:
        yield ""
        yield note


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _title(column: Column) -> str:
    return f"{column.title} ({column.remark})" if column.remark else column.title


def _drawn(cell: Cell) -> str:
    match cell:
        case Words(text, tone):
            return f"**{text}**" if text and tone in {"strong", "warning", "error"} else text
        case Quoted(None):
            return "–"
        case Quoted(str(text), "start"):
            return markdown_code(clipped_start(text, _QUOTED_LIMIT))
        case Quoted():
            return markdown_code(clipped(cell.text or "", _QUOTED_LIMIT))
        case Bar():
            return ""
        case Spark():
            return curve(cell, _CURVE_CELLS)[0]
