"""Reads events in any order, and writes a span for each scope that they tell of."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.formats.atof.compactions import COMPACTION, Note, note_of, write_compactions
from agenttrace.ingest.formats.atof.events import MICROSECONDS, Event, event_of, instant_of
from agenttrace.ingest.formats.atof.nesting import Nesting
from agenttrace.ingest.formats.atof.rows import write_calls, write_scope
from agenttrace.ingest.formats.atof.scopes import CHUNK, Scope
from agenttrace.ingest.formats.atof.twice import seen_twice
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity, SpanKind


def read_events(source: Source, recorder: Recorder) -> None:
    """A span for each scope, also for one that only started or only ended."""
    reading = _Reading(recorder)
    for line, value in read_values(source, recorder):
        if isinstance(value, list) and not recorder.records:
            recorder.records = len(value)
            for number, item in enumerate(value, start=1):
                reading.add(number, item)
        else:
            recorder.records = recorder.records or 1
            reading.add(line, value)
    reading.finish()


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._scopes: dict[str, Scope] = {}
        self._chunks: list[Event] = []
        self._compactions: list[Note] = []
        self._marked: set[str] = set()

    def add(self, line: int, value: Any) -> None:
        event = event_of(value, line)
        if event is None:
            self._warn("record_unusable", "no event: it has no id, or its kind is not known", line)
            return
        self._note(event)
        if event.phase == "mark":
            self._add_mark(event)
            return
        scope = self._scopes.get(event.uuid)
        if scope is None:
            scope = self._scopes[event.uuid] = Scope(event.uuid, line, event.category)
        scope.add(event)

    def _note(self, event: Event) -> None:
        version = event.held.get("atof_version")
        if isinstance(version, str) and len(version) < 16:
            self._recorder.dialect(f"ATOF {version}")
            if not version.startswith("0."):
                self._warn("unknown_schema", "a later ATOF version: read as 0.x", event.line)
        if event.t_ns is None:
            self._warn("no_time", "an event without a usable timestamp", event.line)
        elif instant_of(event.held.get("timestamp"))[1] != MICROSECONDS:
            what = "a timestamp that is not in microseconds: its unit is told by its size"
            self._recorder.finding("unit_guessed", Severity.WARNING, what, line=event.line)

    def _add_mark(self, event: Event) -> None:
        if event.uuid in self._marked:
            what = "a mark that is repeated: counted once"
            self._recorder.finding("record_repeated", Severity.INFO, what, line=event.line)
            return
        self._marked.add(event.uuid)
        if event.name == CHUNK and event.parent is not None:
            scope = self._scopes.get(event.parent)
            if scope is None:
                self._chunks.append(event)
            else:
                scope.add_chunk(event)
        elif event.name == COMPACTION and (note := note_of(event)) is not None:
            self._compactions.append(note)
        else:
            what = "marks of other things than chunks and compactions are not shown"
            self._recorder.finding("mark_not_shown", Severity.INFO, what, line=event.line)

    def _warn(self, code: str, example: str, line: int) -> None:
        self._recorder.finding(code, Severity.WARNING, example, line=line)

    def finish(self) -> None:
        for event in self._chunks:
            scope = self._scopes.get(event.parent or "")
            if scope is not None:
                scope.add_chunk(event)
            else:
                what = "a chunk of a request that is not in the file"
                self._recorder.finding("stray_chunk", Severity.INFO, what, line=event.line)
        repeated = seen_twice(self._scopes.values())
        for uuid in repeated:
            what = "a request told by a hook and by the gateway: counted once"
            line = self._scopes[uuid].line
            self._recorder.finding("request_seen_twice", Severity.INFO, what, line=line)
        kept = {uuid: scope for uuid, scope in self._scopes.items() if uuid not in repeated}
        nesting = Nesting(kept)
        for scope in kept.values():
            if scope.kind is SpanKind.OTHER and scope.category == "unknown":
                what = "a scope of category unknown: its time is of unknown phase"
                self._recorder.finding("scope_unknown", Severity.INFO, what, line=scope.line)
            write_scope(scope, nesting, self._recorder)
        write_calls(kept, self._recorder)
        write_compactions(self._compactions, self._recorder)
