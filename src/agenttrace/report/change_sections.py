"""The sections about changes: what was asked for, what would help most, and what nearly is on the path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.what_if.summing import Recommendation, WhatIf, recommendations, summed_what_ifs
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.lists import SESSION_LISTS, heaviest
from agenttrace.report.work_sections import agent_words, rest
from agenttrace.units import format_count, format_duration, format_share

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis


def what_if_section(analysis: Analysis) -> Section | None:
    """The changes that were asked for, each with what sessions would take."""
    answers = summed_what_ifs(analysis)
    if not answers:
        return None
    many = analysis.sessions.height > 1
    wall = (Column("wall p50"), Column("wall p95")) if many else (Column("wall"),)
    saved = (Column("saved p50"), Column("saved p95"), Column("mean")) if many else (Column("saved"),)
    return Section(
        "What if",
        (Column("change", "text"), *wall, *saved, Column("share")),
        tuple(_answer(one, many=many) for one in answers),
        tuple(_remarks(answers)),
    )


def _answer(one: WhatIf, *, many: bool) -> tuple[Cell, ...]:
    wall, saved = one.wall_ns, one.saved_ns
    walls = (wall.p50, wall.p95) if wall else (None, None)
    gains = (saved.p50, saved.p95, saved.mean) if saved else (None, None, None)
    shown = (*walls, *gains) if many else (walls[0], gains[2])
    share = format_share(one.total_saved_ns, one.total_wall_ns) if wall else "–"
    return (Quoted(one.change, "lines"), *(Words(format_duration(ns)) for ns in shown), Words(share))


def _remarks(answers: Sequence[WhatIf]) -> list[str]:
    empty = [str(place) for place, one in enumerate(answers, 1) if not any(one.selected) and one.wall_ns]
    unknown = [str(place) for place, one in enumerate(answers, 1) if one.wall_ns is None]
    remarks = []
    if empty:
        remarks.append(f"nothing here is what the change selects, in row {', '.join(empty)}")
    remarks += [
        f"nothing here is what part {part} of the change in row {place} selects"
        for place, one in enumerate(answers, 1)
        for part, selected in enumerate(one.selected, 1)
        if not selected and any(one.selected) and one.wall_ns
    ]
    remarks += [
        f"if no join between agents is inferred, row {place} saves {format_duration(one.other_saved_ns)} in all"
        for place, one in enumerate(answers, 1)
        if one.differs
    ]
    if unknown:
        remarks.append(f"the trace cannot tell, in row {', '.join(unknown)}: see the findings")
    return remarks


def recommendation_section(analysis: Analysis, top: int) -> Section | None:
    """The changes that would help most, each alone."""
    found = [one for one in recommendations(analysis) if one.saved_ns > 0]
    if not found:
        return None
    looked_at = found[0].sessions
    some = looked_at < analysis.sessions.height
    return Section(
        "What would help",
        (
            Column("", "text"),
            *(Column("halved saves"), Column("share"), Column("gone saves"), Column("share")),
            Column("no more below"),
        ),
        tuple(_recommendation(one) for one in found[:top]),
        (
            *rest(len(found), min(top, len(found))),
            "each alone, all else as recorded; savings do not add up",
            *((f"from {format_count(looked_at)} of the sessions",) if some else ()),
        ),
    )


def _recommendation(one: Recommendation) -> tuple[Cell, ...]:
    stops = one.stops_helping_at
    return (
        Quoted(one.selection),
        *(Words(format_duration(one.saved_ns)), Words(format_share(one.saved_ns, one.wall_ns))),
        *(Words(format_duration(one.without_ns)), Words(format_share(one.without_ns, one.wall_ns))),
        Words("" if stops is None else format_share(stops, 1), "faint"),
    )


def near_section(analysis: Analysis, top: int) -> Section | None:
    """Of a single session the spans that are nearly on its path."""
    if analysis.sessions.height != 1 or analysis.near_critical.is_empty():
        return None
    near = heaviest(analysis.near_critical, SESSION_LISTS["near_critical"])
    return Section(
        "Nearly on the critical path",
        (
            *(Column("", "text"), Column("", "text"), Column("agent", "text")),
            *(Column("took"), Column("slack")),
        ),
        tuple(_near(row) for row in near.head(top).iter_rows(named=True)),
        ("slack: how much later it could have ended without making the session longer",),
    )


def _near(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        Words(row["kind"].replace("_", " ")),
        Quoted(row["name"]),
        Words(agent_words(row["agent"])),
        Words(format_duration(row["length_ns"])),
        Words(format_duration(row["slack_ns"])),
    )
