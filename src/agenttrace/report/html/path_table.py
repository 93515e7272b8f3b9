"""The longest stretches of a session's critical path in words: what there is of the waterfall without a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Words
from agenttrace.report.html.sections import section_body
from agenttrace.units import format_count, format_duration

if TYPE_CHECKING:
    from agenttrace.report.timeline.timeline import Timeline

_MOST_ROWS = 40


def path_table(timeline: Timeline) -> str:
    """In the order of time; open as long as no program closes it."""
    length = pl.col("end_ns") - pl.col("start_ns")
    longest = timeline.path.with_row_index("number", 1).sort(length, "start_ns", descending=[True, False])
    shown = longest.head(_MOST_ROWS).sort("start_ns")
    most = int(longest.select(length.max()).item() or 1)
    rows = tuple(_stretch(timeline, row, most) for row in shown.iter_rows(named=True))
    total = timeline.path.height
    section = Section(
        "The longest stretches of the critical path",
        (
            *(Column("stretch"), Column("after"), Column("took"), Column("", "bar"), Column("phase", "text")),
            *(Column("in", "text"), Column("of", "text"), Column("for", "text"), Column("evidence", "text")),
        ),
        rows,
        (f"{format_count(len(rows))} of {format_count(total)} stretches",) if len(rows) < total else (),
    )
    body = section_body(section)
    return f'<details class="twin" open><summary>{section.title}</summary>\n{body}</details>\n'


def _stretch(timeline: Timeline, row: Mapping[str, Any], most: int) -> tuple[Cell, ...]:
    length = row["end_ns"] - row["start_ns"]
    phase = Phase(row["phase"])
    return (
        Words(format_count(row["number"])),
        Words(format_duration(row["start_ns"] - timeline.start_ns)),
        Words(format_duration(length)),
        Bar(length / most, phase),
        Words(phase.value),
        _span(timeline, row["place"]),
        _lane(timeline, row["lane"]),
        Words(row["purpose"].replace("_", " ")),
        Words(row["evidence"] + (", inferred" if row["inferred"] else "")),
    )


def _span(timeline: Timeline, place: int | None) -> Cell:
    """What it is called; time between spans belongs to the agent program."""
    if place is None:
        return Words("–", "faint")
    name, model, kind = timeline.spans.select("name", "model", "kind").row(timeline.spans["outer"][place])
    return Quoted(name or model) if name or model else Words(kind.replace("_", " "))


def _lane(timeline: Timeline, place: int) -> Cell:
    lane = timeline.lanes[place]
    if lane.parent is None and not lane.name:
        return Words("main")
    return Quoted(f"{lane.name or 'agent'} #{place}")
