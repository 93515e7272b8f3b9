"""Tool calls out of shredded records: a start and its end are one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from agenttrace.ingest.dynamo.records import record_of
from agenttrace.ingest.dynamo.shredded.columns import ShreddedColumns
from agenttrace.ingest.dynamo.shredded.records import EVENTS, Owned, Records
from agenttrace.ingest.dynamo.tools import ToolStart, status_of
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.shredded import Ints, UnusualShapeError
from agenttrace.ingest.shredded_fields import Numbers, ShreddedFields
from agenttrace.ingest.text_columns import are_empty, encoded, first_known, joined, spread, taken
from agenttrace.native.shredding import Kind

_START = EVENTS.index("tool_start")
_NONE = -1
_INTEGERS = ("started_at_unix_ms", "ended_at_unix_ms", "output_tokens")


class ToolColumns(NamedTuple):
    """What `Tools.add_columns` takes."""

    block: ShreddedColumns
    waiting: Sequence[tuple[str, ToolStart]]


class _Paired(NamedTuple):
    """Calls: the place of the end of each, and of its start or -1; and the places of starts that wait."""

    end: Ints
    start: Ints
    waiting: list[int]


def tool_columns(records: Records, owned: Owned, recorder: Recorder) -> ToolColumns:
    """All tool calls of the records."""
    rows = records.rows(*EVENTS[_START:])
    fields = records.fields(rows)
    if len(fields.found("tool", Kind.OBJECT)) != len(rows) or len(fields.found("tool.claude", *Kind)):
        raise UnusualShapeError
    ids, owners = fields.texts("tool.tool_call_id"), owned.keys(rows)
    if ids.null_count or are_empty(ids).any():
        raise UnusualShapeError
    keys = joined(":", pa.scalar("tool"), owners["agent_key"], ids)
    events = records.event[rows]
    calls = _paired(encoded(keys)[1].tolist(), events.tolist(), fields.integers("tool.started_at_unix_ms"))
    merged, end = _Merged(fields, calls), calls.end
    words = zip(events[calls.end].tolist(), merged.texts("tool.status").to_pylist(), strict=True)
    values: dict[str, Sequence[Any]] = {
        "line": records.line[rows[calls.end]].tolist(),
        "status": [status_of(EVENTS[event], word) for event, word in words],
    }
    texts = {
        "session_key": taken(owners["session_key"], end),
        "agent_key": taken(owners["agent_key"], end),
        "span_key": taken(keys, end),
        "call_id": taken(ids, end),
        "tool_class": merged.texts("tool.tool_class"),
        "error_type": merged.texts("tool.error_type"),
    }
    numbers = {name: merged.numbers(fields.integers(f"tool.{name}")) for name in _INTEGERS}
    numbers["duration_ms"] = merged.numbers(fields.floats("tool.duration_ms"))
    times = fields.integers("event_time_unix_ms")
    numbers["event_time_unix_ms"] = Numbers(times.values[calls.end], times.present[calls.end])
    waiting = [(str(keys[place]), _start(records, int(rows[place]), owned)) for place in calls.waiting]
    return ToolColumns(ShreddedColumns("tool", values, texts, numbers, recorder), waiting)


def _start(records: Records, row: int, owned: Owned) -> ToolStart:
    record = record_of(records.written(row))
    return ToolStart(int(records.line[row]), record, record["tool"], owned.owners[owned.place[row]])


def _paired(keys: Sequence[int], events: Sequence[int], started: Numbers) -> _Paired:
    """As `Tools.add` pairs them."""
    began = [at if known else None for at, known in zip(*(each.tolist() for each in started), strict=True)]
    waiting: dict[int, list[int]] = {}
    ended: set[tuple[int, int]] = set()
    ends: list[tuple[int, int]] = []
    for place, (key, event, at) in enumerate(zip(keys, events, began, strict=True)):
        if event == _START:
            if at is None or (key, at) not in ended:
                waiting.setdefault(key, []).append(place)
            continue
        start = _taken(waiting, key, at, began)
        if at is None and start != _NONE:
            at = began[start]  # noqa: PLW2901  # what its start says
        if at is not None:
            ended.add((key, at))
        ends.append((place, start))
    pairs = np.array(ends, np.int64).reshape(-1, 2)
    return _Paired(pairs[:, 0], pairs[:, 1], [place for places in waiting.values() for place in places])


def _taken(waiting: dict[int, list[int]], key: int, at: int | None, began: Sequence[int | None]) -> int:
    places = waiting.get(key, [])
    for index, place in enumerate(places):
        if at is None or began[place] in (at, None):
            del places[index]
            if not places:
                del waiting[key]
            return place
    return _NONE


class _Merged:
    """Fields of calls: what their end says, or else their start."""

    def __init__(self, fields: ShreddedFields, calls: _Paired) -> None:
        self._fields, self._calls = fields, calls

    def texts(self, path: str) -> pa.Array[Any]:
        values, start = self._fields.texts(path), self._calls.start
        of_end: pa.Array[Any] = taken(values, self._calls.end)
        if not of_end.null_count:
            return of_end
        return first_known(of_end, spread(values, start))

    def numbers(self, found: Numbers) -> Numbers:
        end, start = self._calls.end, self._calls.start
        by_start = ~found.present[end] & (start != _NONE)
        place = np.where(by_start, start, end)
        return Numbers(found.values[place], found.present[place])
