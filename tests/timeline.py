"""Timelines as drawings that run: a test draws a session, and the path is drawn back into it.

    session         |##======####|
      request r     | #          |
      tool a        |  ==        |  after r
      tool b        |  ######    |  after r

Indentation is parentage and a column is a millisecond. `=` is running, `#` running and critical, `!` an
instant. A request may show its phases instead: `n` network, `m` model, `q` queue, `p` prefill, `d` decode,
capital where critical; what it knows of them is then read off. After the bar stand notes:

    after a b       starts after a and b have ended: stated links (`feeds`)
    guess a         the same, inferred
    joins a         what a background agent found is used here
    retries a       another attempt at a
    again a         the same, inferred
    spawned a       started by a
    mark a@5        starts after the instant 5 of a, a mark there
    background      its parent does not wait for it
    lane 2          belongs to agent 2; what is inside an agent's span does by itself
    purpose x, phase x, start x, end x       purpose, own phase, evidence of the two ends
    first 3, queue 1, prefill 2, decode 4    what a request knows besides, in ms (first: a column)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import path_segments, segment_table
from agenttrace.model.schema import TRACE_TABLES, Table
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, LinkKind, MarkKind, Purpose, SpanKind

MS = 1_000_000
EPOCH = 1_700_000_000_000 * MS
Row = dict[str, Any]

_KINDS = {kind.value: kind for kind in SpanKind} | {"user": SpanKind.USER_WAIT}
_LETTERS = {"network": "n", "model": "m", "queue": "q", "prefill": "p", "decode": "d"}
_LINKS = {
    "after": (LinkKind.FEEDS, True),
    "guess": (LinkKind.FEEDS, False),
    "joins": (LinkKind.JOINS, True),
    "retries": (LinkKind.RETRIES, True),
    "again": (LinkKind.RETRIES, False),
    "spawned": (LinkKind.SPAWNS, True),
    "mark": (LinkKind.FEEDS, True),
}
_COLUMNS = {"purpose": "purpose", "phase": "own_phase", "start": "start_evidence", "end": "end_evidence"}
_NUMBERS = {"queue": "queue_ns", "prefill": "prefill_ns", "decode": "decode_ns", "first": "first_token_ns"}
_SPAN = {
    "purpose": Purpose.TURN.value,
    "start_evidence": Evidence.MEASURED.value,
    "end_evidence": Evidence.MEASURED.value,
    "blocking": True,
    "agent": 0,
    "source": 0,
}
_LINK = {"kind": LinkKind.FEEDS.value, "explicit": True}
_MARK = {"kind": MarkKind.TOOL_CALL.value, "evidence": Evidence.MEASURED.value}
_AGENT = {"depth": 0, "background": False, "span": 0}


@dataclass(frozen=True)
class Span:
    """A line of a drawing."""

    head: str
    bar: str
    notes: str
    row: Row

    @property
    def name(self) -> str:
        return str(self.row["name"])


@dataclass(frozen=True)
class Drawing:
    """A session as it was drawn, and its path."""

    spans: Sequence[Span]
    trace: Trace
    graph: Graph
    segments: list[Row]

    def redrawn(self) -> str:
        """The drawing with the path that was found."""
        return "\n".join(
            f"{span.head}|{_bar(span, self.segments)}|{span.notes}".rstrip() for span in self.spans
        )

    def path(self) -> list[tuple[Any, ...]]:
        """Segments as (name, phase, from, to), in ms since column 0."""
        names = [span.name for span in self.spans]
        return [
            (names[one["span"]], one["phase"], _ms(one["start_ns"]), _ms(one["end_ns"]))
            for one in self.segments
        ]

    def column(self, name: str) -> list[Any]:
        """One column of the segments."""
        return [one[name] for one in self.segments]


def draw(text: str) -> Drawing:
    """Reads a drawing and finds its path."""
    lines = [line.rstrip() for line in text.splitlines() if "|" in line]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    spans: list[Span] = []
    holders: list[int] = []
    for line in lines:
        head, bar, notes = line[margin:].split("|")
        depth = (len(head) - len(head.lstrip())) // 2
        del holders[depth:]
        spans.append(
            Span(head, bar, notes, _read_span(head, bar, len(spans), holders[-1] if holders else None))
        )
        holders.append(len(spans) - 1)
    trace = _read_notes(spans)
    graph = build_graph(trace)
    segments = segment_table(graph, path_segments(graph, find_critical_path(graph)))
    return Drawing(spans, trace, graph, segments.to_pylist())


def check(text: str) -> Drawing:
    """The path must be the one that is drawn."""
    drawing = draw(text)
    lines = [line.rstrip() for line in text.splitlines() if "|" in line]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    wanted = "\n".join(line[margin:] for line in lines)
    found = drawing.redrawn()
    assert found == wanted, f"drawn:\n{wanted}\nfound:\n{found}"
    return drawing


def _ms(t: int) -> float:
    return (t - EPOCH) / MS


def _read_span(head: str, bar: str, number: int, parent: int | None) -> Row:
    words = head.split()
    running = [place for place, mark in enumerate(bar) if mark != " "]
    instant = "!" in bar
    row: Row = {
        "span": number,
        "parent": parent,
        "kind": _KINDS[words[0]].value,
        "name": words[-1],
        "start_ns": EPOCH + running[0] * MS,
        "end_ns": EPOCH + (running[0] if instant else running[-1] + 1) * MS,
    }
    return row | _read_phases(bar.lower())


def _read_phases(bar: str) -> Row:
    known: Row = {f"{name}_ns": bar.count(name[0]) * MS for name in ("queue", "prefill") if name[0] in bar}
    if "d" in bar:
        known["first_token_ns"] = EPOCH + bar.index("d") * MS
        if bar.rstrip()[-1] != "d":
            known["decode_ns"] = bar.count("d") * MS
    return known | {f"{name.removesuffix('_ns')}_evidence": Evidence.MEASURED.value for name in known}


def _read_notes(spans: Sequence[Span]) -> Trace:
    numbers = {span.name: span.row["span"] for span in spans}
    links: list[Row] = []
    marks: list[Row] = []
    for span in spans:
        parent = span.row["parent"]
        lane = 0 if parent is None else spans[parent].row["agent"]
        is_lane = span.row["kind"] == SpanKind.AGENT.value
        span.row["agent"] = (
            1 + max(one.row["agent"] for one in spans[: span.row["span"]]) if is_lane else lane
        )
        word = ""
        for note in span.notes.split():
            if note in _LINKS or note in _COLUMNS or note in _NUMBERS or note == "lane":
                word = note
            elif note == "background":
                span.row["blocking"] = False
            elif word in _LINKS:
                _read_link(word, note, span.row["span"], numbers, links, marks)
            else:
                _read_value(span.row, word, note)
    return trace_of([span.row for span in spans], links, marks)


def _read_link(
    word: str, note: str, target: int, numbers: Mapping[str, int], links: list[Row], marks: list[Row]
) -> None:
    name, _, at = note.partition("@")
    kind, explicit = _LINKS[word]
    link: Row = {"from_span": numbers[name], "to_span": target, "kind": kind.value, "explicit": explicit}
    if at:
        link["from_mark"] = len(marks)
        marks.append({"mark": len(marks), "span": numbers[name], "t_ns": EPOCH + int(at) * MS})
    links.append(link)


def _read_value(row: Row, word: str, note: str) -> None:
    if word == "lane":
        row["agent"] = int(note)
    elif word in _COLUMNS:
        row[_COLUMNS[word]] = note
    else:
        at = EPOCH if word == "first" else 0
        row[_NUMBERS[word]] = at + int(float(note) * MS)
        row[f"{_NUMBERS[word].removesuffix('_ns')}_evidence"] = Evidence.MEASURED.value


def _bar(span: Span, segments: Sequence[Row]) -> str:
    return "".join(_column(span, place, mark, segments) for place, mark in enumerate(span.bar))


def _column(span: Span, place: int, mark: str, segments: Sequence[Row]) -> str:
    if mark in " !":
        return mark
    at = EPOCH + place * MS
    for one in segments:
        if one["span"] == span.row["span"] and one["start_ns"] <= at < one["end_ns"]:
            return _LETTERS.get(one["phase"], "?").upper() if mark.isalpha() else "#"
    return mark.lower() if mark.isalpha() else "="


def trace_of(
    spans: Iterable[Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]] = (),
    marks: Iterable[Mapping[str, Any]] = (),
    agents: Iterable[Mapping[str, Any]] = (),
) -> Trace:
    """A trace of these rows, which name their session (`s` if they do not); what is left out is a default."""
    rows = {
        "spans": _filled(spans, _SPAN),
        "links": _filled(links, _LINK),
        "marks": _filled(marks, _MARK),
        "agents": _filled(agents, _AGENT),
    }
    rows["sessions"] = [
        {
            "session": row["session"],
            "format": "spans-jsonl",
            "sources": [0],
            "start_ns": row["start_ns"],
            "end_ns": row["end_ns"],
            "detached_ns": 0,
            "truncated": False,
            "timed": True,
        }
        for row in rows["spans"]
        if row["span"] == 0
    ]
    return Trace(**{table.name: table_of(table, rows.get(table.name, [])) for table in TRACE_TABLES})


def table_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """These rows as a declared table; what a row leaves out is null."""
    arrays: list[pa.Array[Any]] = []
    for column in table.columns:
        values = [row.get(column.name) for row in rows]
        kind: Any = column.type
        if pa.types.is_dictionary(kind):
            arrays.append(pa.array(values, pa.string()).dictionary_encode().cast(kind))
        else:
            arrays.append(pa.array(values, kind))
    return pa.table(arrays, schema=table.arrow)


def _filled(rows: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]) -> list[Row]:
    return [{"session": "s"} | dict(defaults) | dict(row) for row in rows]
