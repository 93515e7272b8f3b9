"""The format: one trajectory, or the attempts of one that tried several times."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.swe_agent.steps import write_steps
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader, listed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_trajectory(source: Source, recorder: Recorder) -> None:
    """All steps of all attempts."""
    document = read_document(source, recorder)
    if not isinstance(document, dict):
        recorder.finding("not_an_object", Severity.WARNING, "no trajectory", line=1)
        return
    reader = FieldReader(recorder)
    attempts = reader.objects(document, "attempts", 1) or [document]
    steps = _steps(reader, attempts)
    recorder.records = max(len(steps), 1)
    if not any("execution_time" in step for _, step in steps):
        what = "a trajectory of an early version, or a demonstration: it states no times at all"
        recorder.finding("no_timings", Severity.WARNING, what)
        return
    session_key = f"swe-agent:{_fingerprint(steps[0][1])[:16]}"
    write_steps(reader, session_key, steps)
    recorder.session(session_key=session_key, task_id=_task(document))


def _steps(reader: FieldReader, attempts: Sequence[Mapping[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """The steps of all attempts with their numbers, in which what is no step counts too."""
    found: list[tuple[int, dict[str, Any]]] = []
    before = 0
    for attempt in attempts:
        found += [(before + number, step) for number, step in reader.numbered(attempt, "trajectory")]
        before += len(listed(attempt.get("trajectory")) or [])
    return found


def _fingerprint(step: Mapping[str, Any]) -> str:
    """A file names no id of its run, but no two runs begin with the same step that took equally long."""
    said = json.dumps([step.get(name) for name in ("action", "response", "execution_time")], default=str)
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()


def _task(document: Mapping[str, Any]) -> str | None:
    """The id of the problem, from the configuration, which newer versions keep as text."""
    stated = document.get("replay_config")
    config = parsed(stated.encode(errors="replace")) if isinstance(stated, str) else stated
    problem = config.get("problem_statement") if isinstance(config, dict) else None
    return fields.text(problem.get("id")) if isinstance(problem, dict) else None
