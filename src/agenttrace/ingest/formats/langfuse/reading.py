"""The records of one source into the intake: traces name sessions, observations are spans, events add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.csv_rows import columns_of, read_rows
from agenttrace.ingest.formats.langfuse.observations import (
    has_estimated_usage,
    is_tool_by_result,
    reduced,
    span_of,
)
from agenttrace.ingest.formats.langfuse.records import (
    WRAPPERS,
    field,
    is_bundle,
    is_event,
    is_observation,
    is_table,
    is_trace,
    unpacked,
)
from agenttrace.ingest.json_objects import JsonObject, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.ids import present_id
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

SPACE = "langfuse"
"""A session id is unique in its project, whatever service a trace came from."""


def read_records(source: Source, recorder: Recorder) -> None:
    """All of one source."""
    intake = Intake(recorder, column_of)
    reading = Reading(intake)
    if is_table(columns_of(source.head)):
        for line, row in read_rows(source, recorder):
            reading.take(JsonObject(line, unpacked(row)))
    else:
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
        self._created: dict[tuple[str | None, str], tuple[int, dict[str, Any]]] = {}

    def take(self, record: JsonObject) -> None:
        """Reads one record; what is of no use becomes a finding."""
        line, value = record
        if is_event(value):
            self._event(value, line)
        elif is_observation(value):
            self._observation(reduced(value), self._intake.next_line(line))
        elif is_trace(value):
            self._trace(value, line)
        elif is_bundle(value):
            self._bundle(value, line)
        else:
            self._note("record_unusable", Severity.WARNING, "neither trace nor observation: left out", line)
            self._intake.recorder.records += 1

    def finish(self) -> None:
        """Records the observations that events created and updated."""
        for line, observation in self._created.values():
            self._observation(observation, line)

    def _bundle(self, value: Mapping[str, Any], line: int | None) -> None:
        trace = value.get("trace")
        inside = value.get("observations")
        if isinstance(trace, dict):
            self._trace({**trace, "observations": inside or trace.get("observations")}, line)
        else:
            self._inside(inside, line)

    def _trace(self, trace: Mapping[str, Any], line: int | None) -> None:
        self._session(trace, line)
        self._intake.recorder.records += 1
        if not self._inside(trace.get("observations"), line, fields.text(field(trace, "sessionId"))):
            what = "a trace without its observations: nothing is known of its time"
            self._note("trace_without_observations", Severity.INFO, what, line)

    def _inside(self, observations: Any, line: int | None, session: str | None = None) -> bool:
        """The observations of a trace; False where there is none, or only their ids."""
        listed = observations if isinstance(observations, list) else []
        found = [each for each in listed if isinstance(each, dict)]
        for each in found:
            if field(each, "startTime") is not None:
                known = {} if session is None else {"session": session}
                self._observation({**known, **reduced(each)}, self._intake.next_line(line))
            else:
                self._note("record_unusable", Severity.WARNING, "an observation without a start", line)
                self._intake.recorder.records += 1
        return bool(found)

    def _observation(self, observation: dict[str, Any], line: int) -> None:
        if is_tool_by_result(observation):
            what = "an untyped observation that returns a tool message: taken as a tool call"
            self._intake.recorder.finding("tool_by_result", Severity.INFO, what, line=line)
        if has_estimated_usage(observation):
            what = "tokens that Langfuse counted itself, as the program sent none: an estimate"
            self._intake.recorder.finding("estimated_usage", Severity.INFO, what, line=line)
        add_span(self._intake, span_of(observation, self._moments, line), line)

    def _session(self, trace: Mapping[str, Any], line: int | None) -> None:
        name = fields.text(trace.get("id"))
        session = fields.text(field(trace, "sessionId"))
        if name is not None and session is not None and (key := present_id(name)) is not None:
            self._intake.session(key, session, SPACE, self._intake.next_line(line))

    def _event(self, event: Mapping[str, Any], line: int | None) -> None:
        """One step in the life of an observation: what it leaves out stays as it was."""
        what = str(event["type"]).rpartition("-")[0]
        body = event["body"]
        number = self._intake.next_line(line) + (len(self._created) if line is None else 0)
        if what == "trace":
            self._session(body, line)
        elif what in ("score", "dataset-run-item"):
            self._note("not_a_span", Severity.INFO, "a score or an item of an experiment: not used", line)
        else:
            named = {} if what == "observation" else {"type": what.upper()}
            changes = reduced({**body, **named})
            key = changes.get("trace"), changes.get("id") or f"line {number}"
            known = self._created.get(key)
            if known is None:
                self._created[key] = number, changes
                return
            known[1].update(changes)
        self._intake.recorder.records += 1

    def _note(self, code: str, severity: Severity, example: str, line: int | None) -> None:
        self._intake.recorder.finding(code, severity, example, line=self._intake.next_line(line))
