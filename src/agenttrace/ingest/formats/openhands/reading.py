"""The format: a list of events, or the first event of a folder that holds one in each file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.openhands import sdk, stream
from agenttrace.ingest.formats.openhands.events import Event
from agenttrace.ingest.formats.openhands.metrics import Metrics
from agenttrace.ingest.formats.openhands.session import write_session
from agenttrace.ingest.formats.openhands.sniffing import is_evaluation, is_of_sdk
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.json_values import read_lines, read_values
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

STATE = "base_state.json"
_NAME = re.compile(r"(?:event-)?(\d{1,9})(?:-[0-9a-fA-F-]{8,})?\.json")


def read_trajectory(source: Source, recorder: Recorder) -> None:
    """All events of a list; those of a folder with the first of its files; each instance of a benchmark."""
    if is_evaluation(source.head):
        _read_evaluation(source, recorder)
        return
    reader, metrics = FieldReader(recorder), Metrics()
    events: list[Event] = []
    single, session_id = False, None
    for line, record in _records(source, recorder):
        event = _event(reader, record, line)
        single = event is not None and isinstance(record, dict)
        if event is not None:
            metrics.take(record)
            events.append(event)
    if single and len(events) == 1 and (names := _folder(source)):
        if names[0] != PurePath(source.path).name:
            what = "an event of a folder, read with the first of its files"
            recorder.finding("read_with_first", Severity.INFO, what)
            return
        events += _others(source, names[1:], reader, metrics)
        session_id = _conversation(source)
        metrics.take(_state(source) if session_id else {})
    write_session(events, metrics, recorder, session_id)


def _read_evaluation(source: Source, recorder: Recorder) -> None:
    """A line for each instance of a benchmark, which is a task, with the events of its session."""
    for line, record in read_lines(source, recorder):
        history = record.get("history") if isinstance(record, dict) else None
        if not isinstance(history, list):
            what = "an instance without a list of events"
            recorder.finding("unknown_record", Severity.WARNING, what, line=line)
            continue
        reader, metrics = FieldReader(recorder), Metrics()
        events: list[Event] = []
        for item in _flat(history):
            event = _event(reader, item, line)
            if event is not None:
                metrics.take(item)
                events.append(event)
        write_session(events, metrics, recorder, None, fields.text(record.get("instance_id")))


def _flat(history: list[Any]) -> Iterator[Any]:
    """The events; early versions have pairs of an action and what was observed."""
    for item in history:
        yield from item if isinstance(item, list) else (item,)


def _records(source: Source, recorder: Recorder) -> Iterator[tuple[int, Any]]:
    """(line, record); items of a list are numbered from 1."""
    for line, value in read_values(source, recorder):
        if isinstance(value, list):
            recorder.records += len(value) if not recorder.records else len(value) - 1
            yield from enumerate(value, 1)
        else:
            recorder.records = max(recorder.records, 1)
            yield line, value


def _event(reader: FieldReader, record: Any, line: int) -> Event | None:
    if not isinstance(record, dict):
        reader.recorder.finding("not_an_object", Severity.WARNING, "no object: no event", line=line)
    elif isinstance(record.get("action"), str) or isinstance(record.get("observation"), str):
        return stream.read_event(reader, record, line)
    elif is_of_sdk(record) and "source" in record:
        reader.recorder.dialect("sdk")
        return sdk.read_event(reader, record, line)
    else:
        what = "neither action nor observation"
        reader.recorder.finding("unknown_record", Severity.WARNING, what, line=line)
    return None


def _folder(source: Source) -> list[str]:
    """The names of the event files beside it, itself too, in the order of their numbers."""
    return list(_in_order(tuple(source.siblings())))


@lru_cache(maxsize=4)
def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Worked out once for all the files of a folder."""
    found = [(match, name) for name in names if (match := _NAME.fullmatch(name))]
    return tuple(name for _, name in sorted((int(match[1]), name) for match, name in found))


def _conversation(source: Source) -> str | None:
    """The folder that holds `events` bears the conversation's id."""
    folder = PurePath(source.path).parent
    return (folder.parent.name or None) if folder.name == "events" else None


def _state(source: Source) -> dict[str, Any]:
    """The conversation's state, which the newer SDK keeps beside `events`: it has the metrics of all requests."""
    state = parsed(source.sibling(f"../{STATE}") or b"")
    return state if isinstance(state, dict) else {}


def _others(source: Source, names: list[str], reader: FieldReader, metrics: Metrics) -> Iterator[Event]:
    for number, name in enumerate(names, 2):
        record = parsed(source.sibling(name) or b"")
        if record is None:
            continue
        event = _event(reader, record, number)
        if event is not None:
            metrics.take(record)
            yield event
