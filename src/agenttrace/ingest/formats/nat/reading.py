"""Reads steps from wherever they stand: the profiler's file, the output of an evaluation, a bare stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.nat.nodes import Tree
from agenttrace.ingest.formats.nat.rows import write_run
from agenttrace.ingest.formats.nat.runs import Gathering, Run, split
from agenttrace.ingest.formats.nat.steps import STEPS, step_of
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_steps(source: Source, recorder: Recorder) -> None:
    """A session for each run of a workflow, or for the runs of a conversation."""
    reading = _Reading(recorder)
    for line, value in read_values(source, recorder):
        for number, item in enumerate(value, start=1) if isinstance(value, list) else [(line, value)]:
            reading.add(number, item)
    reading.finish()


class _Reading:
    """One source being read. A record is a step."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._records = 0
        self._runs: list[Run] = []
        self._loose = Gathering()

    def add(self, line: int, item: Any) -> None:
        held = item.get(STEPS) if isinstance(item, dict) else None
        if not isinstance(held, list):
            self._add_step(line, item, self._loose)
            return
        gathering = Gathering()
        for record in held:
            self._add_step(line, record, gathering)
        if gathering.nodes:
            self._runs.append(Run(Tree(gathering.nodes), _task(item)))

    def _add_step(self, line: int, record: Any, gathering: Gathering) -> None:
        self._records += 1
        step = step_of(record, line)
        if step is None:
            what = "no step: it has no id, or its type is not known"
            self._recorder.finding("record_unusable", Severity.WARNING, what, line=line)
            return
        if step.t_ns is None:
            what = "a step without a usable timestamp"
            self._recorder.finding("no_time", Severity.WARNING, what, line=line)
        gathering.add(step)

    def finish(self) -> None:
        for run in [*self._runs, *split(self._loose.nodes)]:
            write_run(run, self._recorder)
        self._recorder.records = self._records


def _task(item: Mapping[str, Any]) -> str | None:
    for name in ("id", "request_number"):
        value = item.get(name)
        number = fields.integer(value)
        if found := fields.text(value) or (str(number) if number is not None else None):
            return found
    return None
