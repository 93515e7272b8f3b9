"""Reads all records of a rollout, then makes rows of what was collected."""

from __future__ import annotations

from agenttrace.ingest.formats.codex.activity import (
    write_calls,
    write_compactions,
    write_pauses,
    write_reviews,
)
from agenttrace.ingest.formats.codex.answers import write_answers
from agenttrace.ingest.formats.codex.collected import Rollout
from agenttrace.ingest.formats.codex.collecting import Collector
from agenttrace.ingest.formats.codex.lanes import write_lanes
from agenttrace.ingest.formats.codex.lines import read_records
from agenttrace.ingest.formats.codex.work import begin_work
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


def read_rollouts(source: Source, recorder: Recorder) -> None:
    """Everything of one file."""
    collector = Collector(recorder)
    for record in read_records(source, recorder):
        collector.take(record)
    for rollout in collector.finish():
        _write(rollout, recorder)


def _write(rollout: Rollout, recorder: Recorder) -> None:
    work = begin_work(rollout, recorder)
    write_answers(work)
    write_calls(work)
    write_compactions(work)
    write_reviews(work)
    write_pauses(work)
    write_lanes(rollout, recorder)
