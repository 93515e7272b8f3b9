"""A diagnosis for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.ingest.doctor.lacks import COSTS
from agenttrace.ingest.reading import DATASET
from agenttrace.model.interchange import is_plausible_ns
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.headline import plural
from agenttrace.units import format_bytes, format_count, format_share

if TYPE_CHECKING:
    from agenttrace.ingest.doctor.diagnosis import Diagnosis, Found, Missing

JSON_VERSION = 1
_FAULTS = 8
_UNCLAIMED = 20
_PRODUCERS = 6
Row = dict[str, Any]


def doctor_json(of: Diagnosis) -> bytes:
    """The document of `doctor --format json`: null is what nothing states."""
    document = {
        "schema_version": JSON_VERSION,
        "command": "doctor",
        "paths": [_plain(path) for path in of.paths],
        "files": of.files,
        "bytes": of.bytes,
        "looked_at": of.looked_at,
        "formats": [_format_row(one) for one in of.formats],
        "unclaimed": [
            {
                "reason": one.reason,
                "files": one.files,
                "bytes": one.bytes,
                "examples": [_plain(path) for path in one.examples],
                "hint": one.hint,
            }
            for one in of.unclaimed
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _format_row(of: Found) -> Row:
    return {
        "format": of.format,
        "files": of.files,
        "bytes": of.bytes,
        "examples": [_plain(path) for path in of.examples],
        "producers": {_plain(name): count for name, count in of.producers.items()},
        "examined": {"files": of.examined, "cut": of.cut, "unread": of.unread},
        "sessions": of.sessions,
        "requests": of.requests,
        "tool_calls": of.tool_calls,
        "start_ns": of.start_ns,
        "end_ns": of.end_ns,
        "dialects": list(of.dialects),
        "tells": {
            "measured": list(of.facts.measured),
            "derived": list(of.facts.derived),
            "unknown": list(of.facts.untold),
        },
        "missing": [
            {
                "what": one.lack.value,
                "missing": one.missing,
                "of": one.of,
                "unit": one.unit,
                "costs": COSTS[one.lack],
                "switches": list(one.switches),
            }
            for one in of.missing
        ],
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "count": one.count,
                "file": one.file,
                "example": one.example,
            }
            for one in of.faults
        ],
    }


def doctor_sections(of: Diagnosis) -> list[Section]:
    """What was found, then each format, then what is none."""
    sections = [_overview(of)]
    for one in of.formats:
        sections.append(_format_section(one))
        if one.missing:
            sections.append(_missing_section(one))
    if of.unclaimed:
        sections.append(_unclaimed_section(of))
    return sections


def _overview(of: Diagnosis) -> Section:
    rows = tuple(
        (
            Words(one.format, "strong"),
            Words(format_count(one.files)),
            Words(format_bytes(one.bytes)),
            Words(_counted(one, one.sessions)),
            Words(_days(one)),
        )
        for one in of.formats
    )
    notes = [_all_of_it(of)]
    if of.sampled:
        notes.append(f"of these {format_count(of.looked_at)} were looked at, evenly over all of them")
    if any(one.examined < one.files or one.cut for one in of.formats):
        notes.append("≥: counted in the part that was read: of each format 64 files, 4 MB of each, at most")
    columns = (
        Column("format", "text"),
        Column("files"),
        Column("size"),
        Column("sessions"),
        Column("from, to", "text"),
    )
    return Section("Found", columns, rows, tuple(notes))


def _counted(of: Found, count: int) -> str:
    more = "≥ " if of.examined < of.files or of.cut else ""
    return f"{more}{format_count(count)}"


def _days(of: Found) -> str:
    if of.start_ns is None or of.end_ns is None or not is_plausible_ns(of.start_ns):
        return "–"
    first, last = _day(of.start_ns), _day(of.end_ns)
    return first if first == last else f"{first}, {last}"


def _day(ns: int) -> str:
    try:
        return datetime.fromtimestamp(ns / 1e9, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "?"


def _all_of_it(of: Diagnosis) -> str:
    """`3 files, 12 kB`; datasets, which are folders, are no files."""
    datasets = [one for one in of.formats if one.format == DATASET]
    parts = [f"{plural(of.files, 'file')}, {format_bytes(of.bytes)}"] if of.files or not datasets else []
    if datasets:
        size = format_bytes(sum(one.bytes for one in datasets))
        parts.append(f"{plural(len(datasets), 'dataset')}, {size}")
    return "; ".join(parts)


def _format_section(of: Found) -> Section:
    """What it is, and what it tells."""
    rows: list[tuple[Cell, ...]] = [
        (Words(name, "faint"), Quoted(text, "lines")) for name, text in of.facts.told() if name != "in"
    ]
    if of.producers:
        told = ", ".join(f"{name} ({count})" for name, count in list(of.producers.items())[:_PRODUCERS])
        more = len(of.producers) - _PRODUCERS
        rows.append(
            (Words("written by", "faint"), Quoted(told + (f", {more} more" if more > 0 else ""), "lines"))
        )
    named = " ".join(of.producers)
    if dialects := [name for name in of.dialects if name not in named]:
        rows.append((Words("dialects", "faint"), Quoted(", ".join(dialects), "lines")))
    counts = f"{_counted(of, of.requests)} requests, {_counted(of, of.tool_calls)} tool calls"
    rows.append((Words("holds", "faint"), Words(counts)))
    if of.unread:
        rows.append((Words("unread", "error"), Quoted(of.unread, "lines")))
    for one in of.faults[:_FAULTS]:
        example = f": {one.example}" if one.example else ""
        place = f" ({one.file})" if one.file else ""
        rows.append(
            (Words(one.severity, "warning"), Quoted(f"{one.count} × {one.code}{example}{place}", "lines"))
        )
    if len(of.faults) > _FAULTS:
        rows.append((Words("", "faint"), Words(f"{len(of.faults) - _FAULTS} more findings")))
    return Section(f"{of.format}: {of.facts.about}", (Column("", "text"), Column("", "text")), tuple(rows))


def _missing_section(of: Found) -> Section:
    rows = tuple(
        (
            Words(_name(one), "strong"),
            Words(f"{format_share(one.missing, one.of)} of {format_count(one.of)} {one.unit}"),
            Quoted(COSTS[one.lack], "lines"),
        )
        for one in of.missing
    )
    columns = (Column("not told", "text"), Column("of"), Column("so", "text"))
    notes = tuple(f"{_name(one)}: {how}" for one in of.missing for how in one.switches)
    return Section(f"To learn more from {of.format}", columns, rows, notes)


def _name(of: Missing) -> str:
    return of.lack.value.replace("_", " ")


def _unclaimed_section(of: Diagnosis) -> Section:
    rows = tuple(
        (
            Words(format_count(one.files)),
            Quoted(one.reason + (f"; {one.hint}" if one.hint else ""), "lines"),
            Quoted(", ".join(one.examples), "lines"),
        )
        for one in of.unclaimed[:_UNCLAIMED]
    )
    more = len(of.unclaimed) - _UNCLAIMED
    notes = (f"{more} more reasons",) if more > 0 else ()
    columns = (Column("files"), Column("why they are no trace", "text"), Column("for example", "text"))
    return Section("Not read", columns, rows, notes)


def _plain(text: str) -> str:
    """Names of files may have bytes in them that are no UTF-8."""
    return text.encode(errors="backslashreplace").decode()
