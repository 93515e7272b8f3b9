"""Spans out of JSON lines as columns, by the kernel that cuts them: the same as `json_reading` makes of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
import numpy as np

from agenttrace.ingest.formats.otlp.json_attributes import AttributeColumns
from agenttrace.ingest.formats.otlp.json_messages import Link, Resource, facts_of
from agenttrace.ingest.formats.otlp.json_spans import STATUS, add_links, detail_of
from agenttrace.ingest.shredded import Ints, Places, ShreddedText, UnusualShapeError, numbers_of_all
from agenttrace.ingest.slices import Slice
from agenttrace.ingest.telemetry.events import EVENT_DETAILS
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.spans import Events, Links, Part
from agenttrace.ingest.telemetry.values import LARGEST, Scalar
from agenttrace.ingest.text_columns import encoded
from agenttrace.native import library
from agenttrace.native.shredding import Column, Integer, Kind, Plan, Shreds, Tagged, Wish

LARGEST_SLICE = 32 << 20
"""Beyond it there is a line of many megabytes, which is cut."""

_RESOURCES = "resourceSpans[]"
_GROUPS = f"{_RESOURCES}.scopeSpans[]"
_SPANS = f"{_GROUPS}.spans[]"
_ATTRIBUTES = f"{_SPANS}.attributes[]"
_EVENTS = f"{_SPANS}.events[]"
_LINKS = f"{_SPANS}.links[]"
_ELSEWHERE = (
    "resource",
    "resourceLogs",
    "resourceMetrics",
    "scopeSpans",
    "scopeLogs",
    "instrumentationLibrarySpans",
    "instrumentationLibraryLogs",
    f"{_RESOURCES}.instrumentationLibrarySpans",
    f"{_RESOURCES}.scopeLogs",
    f"{_RESOURCES}.instrumentationLibraryLogs",
    f"{_GROUPS}.instrumentationLibrary",
)
"""Where other signals and older names stand: such documents are read one by one."""

_LISTS = ("resourceSpans", f"{_RESOURCES}.scopeSpans", f"{_GROUPS}.spans")
_LISTS_OF_SPANS = tuple(f"{_SPANS}.{name}" for name in ("attributes", "events", "links"))
_OBJECTS = (_RESOURCES, _GROUPS, _SPANS, _EVENTS, _LINKS)
_DROPPED = ("droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")
_MOST_DROPPED = 1 << 32
_MOST_TAGS = 1_000

_resource = msgspec.json.Decoder(Resource | None, strict=False)
_link = msgspec.json.Decoder(Link, strict=False)
Group: TypeAlias = tuple[bytes, bytes]


def _wish() -> dict[str, Wish]:
    value: Wish = {
        "stringValue": None,
        "intValue": Integer,
        "doubleValue": None,
        "boolValue": None,
        "bytesValue": None,
        "arrayValue": None,
        "kvlistValue": None,
    }
    span: Wish = {
        "traceId": None,
        "spanId": None,
        "parentSpanId": None,
        "name": None,
        "startTimeUnixNano": Integer,
        "endTimeUnixNano": Integer,
        "attributes": [Tagged({"key": None, "value": value})],
        "events": [{"timeUnixNano": Integer, "name": None, "attributes": None}],
        "links": [None],
        "status": {"code": Integer},
        **dict.fromkeys(_DROPPED, Integer),
    }
    group: Wish = {"scope": {"name": None}, "spans": [span], "instrumentationLibrary": None}
    older: dict[str, Wish] = dict.fromkeys(
        ("instrumentationLibrarySpans", "scopeLogs", "instrumentationLibraryLogs")
    )
    resource: Wish = {"resource": None, "scopeSpans": [group], **older}
    others: dict[str, Wish] = dict.fromkeys(("resource", "resourceLogs", "resourceMetrics", "scopeSpans"))
    return {"resourceSpans": [resource], **older, **others}


class _Reader:
    """Cuts texts; what it learns of their attributes makes the next text faster."""

    def __init__(self) -> None:
        self.plan = Plan(_wish())
        self.attributes = AttributeColumns(self.plan, _ATTRIBUTES)


_kept = threading.local()
"""Of each thread its reader: what one learns is no other's."""


def _reader() -> _Reader:
    reader: _Reader | None = getattr(_kept, "reader", None)
    if reader is None or reader.attributes.known > _MOST_TAGS:
        reader = _kept.reader = _Reader()
    return reader


def take_spans(piece: Slice, intake: Intake) -> bool:
    """Takes in all spans of a slice; False, and nothing was done, where its lines are to be read one by one."""
    if library() is None or piece.size_bytes > LARGEST_SLICE:
        return False
    try:
        part, lost = _part(piece.text(), piece.first_line, intake)
    except UnusualShapeError:
        return False
    if len(part.line):
        intake.builder.add(part)
        for row in np.flatnonzero(lost).tolist():
            intake.dropped.add(int(lost[row]), int(part.line[row]))
        intake.advance(len(part.line))
    return True


def _part(text: bytes, first_line: int, intake: Intake) -> tuple[Part, Ints]:
    """The spans, and of each how much its exporter dropped."""
    reader = _reader()
    shreds = reader.plan.shred(text)
    codes = reader.attributes.learn()  # of a refused text, too: its keys count, and the next one has them
    if shreds is None or any(shreds.count(path) for path in _ELSEWHERE):
        raise UnusualShapeError
    _check(shreds)
    shredded, spans = ShreddedText(text), shreds[_SPANS]
    group = shreds[_GROUPS]
    document = shreds[_RESOURCES].row[group.row]
    line = shreds[""].value[document][spans.row] + first_line
    lost = _lost(shreds, len(spans))

    def texts(name: str) -> Places:
        return Places(shreds[f"{_SPANS}.{name}"], Kind.TEXT, Kind.ESCAPED)

    part = Part(
        trace_id=shredded.texts_of_all(texts("traceId"), spans),
        span_id=shredded.texts_of_all(texts("spanId"), spans),
        parent_id=shredded.texts_of_all(texts("parentSpanId"), spans),
        name=shredded.texts_of_all(texts("name"), spans),
        start=_instants(shreds[f"{_SPANS}.startTimeUnixNano"], len(spans)),
        end=_instants(shreds[f"{_SPANS}.endTimeUnixNano"], len(spans)),
        status=_statuses(shreds, shredded, len(spans)).astype(np.int8),
        line=line,
        attributes=reader.attributes.columns(shreds, shredded, codes),
        events=_events(shreds, shredded),
        links=_links(shreds, shredded),
        origin=_origins(shreds, shredded, intake)[spans.row],
    )
    return part, lost


def _check(shreds: Shreds) -> None:
    """Lists are lists, or null; what is in them are objects."""
    for path in (*_LISTS, *_LISTS_OF_SPANS):
        Places(shreds[path], Kind.ARRAY)
    Places(shreds[f"{_SPANS}.status"], Kind.OBJECT)
    Places(shreds[f"{_GROUPS}.scope"], Kind.OBJECT)
    for path in _OBJECTS:
        if not shreds[path].kinds <= {Kind.OBJECT}:
            raise UnusualShapeError


def _instants(found: Column, count: int) -> Ints:
    """What is out of range is so late that it is found to be."""
    instants = numbers_of_all(Places(found, Kind.INTEGER, Kind.DIGITS), count)
    return np.where(instants < 0, LARGEST, instants)


def _statuses(shreds: Shreds, shredded: ShreddedText, count: int) -> Ints:
    """Codes are numbers, or their names."""
    kinds = (Kind.INTEGER, Kind.DIGITS, Kind.TEXT)
    found = Places(shreds[f"{_SPANS}.status.code"], *kinds)
    codes = np.where((found.value == 1) | (found.value == 2), found.value, 0)
    named = np.flatnonzero(found.kind == Kind.TEXT)
    if len(named):
        words = shredded.pieces(found.begin[named], found.end[named])
        codes[named] = [STATUS.get(word.decode(), 0) for word in words]
    statuses = np.zeros(count, np.int64)
    statuses[found.row] = codes
    return statuses


def _lost(shreds: Shreds, count: int) -> Ints:
    lost = np.zeros(count, np.int64)
    for name in _DROPPED:
        found = Places(shreds[f"{_SPANS}.{name}"], Kind.INTEGER, Kind.DIGITS)
        if ((found.value < 0) | (found.value > _MOST_DROPPED)).any():
            raise UnusualShapeError
        lost[found.row] += found.value
    return lost


def _origins(shreds: Shreds, shredded: ShreddedText, intake: Intake) -> np.ndarray:
    """Of each group the number of its scope and resource; those without spans have none."""
    group, resource = shreds[_GROUPS], shreds[f"{_RESOURCES}.resource"]
    scope = Places(shreds[f"{_GROUPS}.scope.name"], Kind.TEXT)
    scopes, resources = [b""] * len(group), [b"null"] * shreds.count(_RESOURCES)
    for row, name in zip(scope.row.tolist(), shredded.pieces(scope.begin, scope.end), strict=True):
        scopes[row] = name
    for row, written in zip(
        resource.row.tolist(), shredded.pieces(resource.begin, resource.end), strict=True
    ):
        resources[row] = written
    facts = {written: _facts(written) for written in dict.fromkeys(resources)}
    numbers = np.zeros(len(group), np.int32)
    known: dict[Group, int] = {}
    rows = group.row.tolist()
    for place in np.unique(shreds[_SPANS].row).tolist():
        key = scopes[place], resources[rows[place]]
        if key not in known:
            known[key] = intake.origin(key[0].decode(), facts[key[1]])
        numbers[place] = known[key]
    return numbers


def _facts(resource: bytes) -> Mapping[str, str]:
    try:
        return facts_of(_resource.decode(resource))
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnusualShapeError from error


def _events(shreds: Shreds, shredded: ShreddedText) -> Events:
    """The events that are read."""
    events = shreds[_EVENTS]
    named = Places(shreds[f"{_EVENTS}.name"], Kind.TEXT, Kind.ESCAPED)
    timed = numbers_of_all(Places(shreds[f"{_EVENTS}.timeUnixNano"], Kind.INTEGER, Kind.DIGITS), len(events))
    if not len(named):
        return Events()
    names, code = encoded(shredded.texts(named))
    wanted = [EVENT_DETAILS.get(name or "") for name in names]
    known = np.flatnonzero(np.array([detail is not None for detail in wanted], np.bool_)[code])
    rows, codes = named.row[known], code[known].tolist()
    details: list[Scalar] = [None] * len(codes)
    detailed = [place for place, each in enumerate(codes) if wanted[each]]
    written = _written(shreds[f"{_EVENTS}.attributes"], shredded, rows[detailed])
    for place, part in zip(detailed, written, strict=True):
        details[place] = detail_of(part, wanted[codes[place]] or "")
    return Events(
        events.row[rows].tolist(), [names[each] or "" for each in codes], timed[rows].tolist(), details
    )


def _written(found: Column, shredded: ShreddedText, rows: Ints) -> list[bytes]:
    """The attributes of these events, as they are written; nothing where one has none."""
    place = np.searchsorted(found.row, rows)
    begins, ends = np.append(found.begin, 0), np.append(found.end, 0)
    there = np.append(found.row, -1)[place] == rows
    return shredded.pieces(np.where(there, begins[place], 0), np.where(there, ends[place], 0))


def _links(shreds: Shreds, shredded: ShreddedText) -> Links:
    found, links = Links(), shreds[_LINKS]
    for row, written in zip(links.row.tolist(), shredded.pieces(links.begin, links.end), strict=True):
        try:
            each: Sequence[Link] = [_link.decode(written)]
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnusualShapeError from error
        add_links(found, each, row)
    return found
