"""The runs of one source into the intake; those that are completed by a later record wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.formats.langsmith.records import WRAPPERS, is_patch, is_run
from agenttrace.ingest.formats.langsmith.runs import reduced, span_of
from agenttrace.ingest.json_objects import JsonObject, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


def read_runs(source: Source, recorder: Recorder) -> None:
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
        self._moments = Moments(intake.recorder, zone_is_told=True)
        self._open: dict[str, tuple[int, dict[str, Any]]] = {}

    def take(self, record: JsonObject) -> None:
        """Reads one record and the runs inside it; what is of no use becomes a finding."""
        waiting = [record.value]
        while waiting:
            value = waiting.pop()
            self._one(value, record.line)
            children = value.get("child_runs")
            if isinstance(children, list):
                waiting += [child for child in reversed(children) if isinstance(child, dict)]

    def finish(self) -> None:
        """Records the runs that never were completed, or in a record of their own."""
        for line, run in self._open.values():
            add_span(self._intake, span_of(run, self._moments, line), line)

    def _one(self, value: Mapping[str, Any], line: int | None) -> None:
        number = self._intake.next_line(line) + (len(self._open) if line is None else 0)
        if not (is_run(value) or is_patch(value)):
            what = "a record that is no run: left out"
            self._intake.recorder.finding("record_unusable", Severity.WARNING, what, line=number)
            self._intake.recorder.records += 1
            return
        run = reduced(value)
        name = run.get("id")
        if name is not None and (name in self._open or "end" not in run or "start" not in run):
            if name in self._open:
                self._intake.recorder.records += 1
            _, known = self._open.setdefault(name, (number, {}))
            known.update(run)
        else:
            add_span(self._intake, span_of(run, self._moments, number), number)
