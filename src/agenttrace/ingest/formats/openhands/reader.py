"""The format: a list of events, or the first event of a folder that holds one in each file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.openhands import sdk, stream
from agenttrace.ingest.formats.openhands.events import Event
from agenttrace.ingest.formats.openhands.metrics import Metrics
from agenttrace.ingest.formats.openhands.session import write_session
from agenttrace.ingest.formats.openhands.sniffing import is_event_list, is_of_sdk
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

_NAME = re.compile(r"(?:event-)?(\d{1,9})(?:-[0-9a-fA-F-]{8,})?\.json")


class OpenHands:
    """The reader of one trajectory, or of one folder of events."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "openhands"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="events of OpenHands: an exported trajectory, or a conversation's folder `events`",
            containers=("JSON list", "JSON lines", "a folder with a JSON file for each event"),
            measured=(
                "end of requests",
                "tools from action to observation",
                "waits for a confirmation",
                "lengths of requests in versions that keep `response_latencies`",
            ),
            derived=(
                "start of requests: not before what they answer",
                "tokens, also from running totals",
                "delegates, as subagents",
                "condensations",
                "the zone of its local times, from the answers' own",
            ),
            untold=("queue, prefill and decode: a request is one phase, model", "retries within a request"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """What lies beside the events of a conversation."""
        return ("base_state.json", "llm_registry.json", "agent_state.pkl", "conversation_stats.pkl")

    def sniff(self, head: Head) -> bool:
        """Whether it begins with events."""
        return is_event_list(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """All events of a list; those of a folder with the first of its files."""
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
        write_session(events, metrics, recorder, session_id)


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


def _others(source: Source, names: list[str], reader: FieldReader, metrics: Metrics) -> Iterator[Event]:
    for number, name in enumerate(names, 2):
        record = parsed(source.sibling(name) or b"")
        if record is None:
            continue
        event = _event(reader, record, number)
        if event is not None:
            metrics.take(record)
            yield event
