"""The records of one source into the intake: traces name sessions, spans are spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.openai_agents.lanes import Lanes
from agenttrace.ingest.formats.openai_agents.records import WRAPPERS, is_span, is_trace
from agenttrace.ingest.formats.openai_agents.spans import kind_of, span_of
from agenttrace.ingest.json_objects import JsonObject, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.ids import present_id
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.names import CALLED
from agenttrace.ingest.telemetry.plain import PlainSpan, add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

SPACE = "openai-agents"


def read_records(source: Source, recorder: Recorder) -> None:
    """All of one source."""
    intake = Intake(recorder, column_of)
    reading = Reading(intake)
    for record in read_objects(source, recorder, WRAPPERS):
        reading.take(record)
    reading.finish()
    intake.finish()


class Reading:
    """Takes the records of one source, in any order."""

    def __init__(self, intake: Intake) -> None:
        """What is read goes to `intake`."""
        self._intake = intake
        self._moments = Moments(intake.recorder)
        self._lanes = Lanes()
        self._groups: dict[str, str] = {}
        self._runs: list[tuple[PlainSpan, int]] = []
        self._held = 0

    def take(self, record: JsonObject) -> None:
        """Reads one record; what is of no use becomes a finding."""
        line, value = record
        if is_span(value):
            self._span(value, self._number(line))
        elif is_trace(value):
            self._trace(value, line)
        else:
            what = "neither a trace nor a span: left out"
            number = self._number(line)
            self._intake.recorder.finding("record_unusable", Severity.WARNING, what, line=number)
            self._intake.recorder.records += 1

    def finish(self) -> None:
        """Records the agents, when it is known what each is in, and the runs, when it is known of which group."""
        for agent, line in self._lanes.released(self._groups):
            add_span(self._intake, agent, line)
        for run, line in self._called():
            add_span(self._intake, run, line)

    def _called(self) -> Iterator[tuple[PlainSpan, int]]:
        """The runs. The first one in a trace of a group answers what the conversation is given next."""
        first: dict[str, str | None] = {}
        for run, line in sorted(self._runs, key=lambda held: (held[0].start_ns, held[1])):
            trace = run.trace_id or ""
            if trace in self._groups and first.setdefault(trace, run.span_id) == run.span_id:
                yield replace(run, attributes={**run.attributes, CALLED: True}), line
            else:
                yield run, line

    def _number(self, line: int | None) -> int:
        """The line, or the number among the records; spans that are held have one too."""
        return self._intake.next_line(line) + (self._held if line is None else 0)

    def _trace(self, trace: Mapping[str, Any], line: int | None) -> None:
        """A group is a conversation of several traces. Some processors put the spans into their trace."""
        name, group = fields.text(trace.get("id")), fields.text(trace.get("group_id"))
        if name is not None and group is not None and (key := present_id(name)) is not None:
            self._intake.session(key, group, SPACE, self._number(line))
            self._groups[name] = group
        self._intake.recorder.records += 1
        spans = trace.get("spans")
        for span in spans if isinstance(spans, list) else ():
            if isinstance(span, dict):
                self.take(JsonObject(line, span))

    def _span(self, record: Mapping[str, Any], line: int) -> None:
        kind, data = kind_of(record), record["span_data"]
        span = span_of(record, self._moments, line)
        self._lanes.see(span, kind)
        if kind == "handoff" and (target := fields.text(data.get("to_agent"))):
            self._lanes.handoff(span, target)
        if kind == "agent":
            self._held += 1
            self._lanes.hold(span, line)
        elif kind == "task" and span.parent_id is None:
            self._held += 1
            self._runs.append((span, line))
        else:
            add_span(self._intake, span, line)
