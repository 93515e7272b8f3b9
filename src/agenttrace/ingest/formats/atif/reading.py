"""Reads trajectories, and says of each what its steps can tell."""

from __future__ import annotations

import hashlib

from agenttrace.ingest.formats.atif.documents import Trajectory, find_trajectories, read_trajectory
from agenttrace.ingest.formats.atif.family import Family
from agenttrace.ingest.formats.atif.rows import Rows
from agenttrace.ingest.formats.atif.walking import UNTIMED, Walk
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_trajectories(source: Source, recorder: Recorder) -> None:
    """All trajectories of a file, embedded ones among them."""
    top: list[Trajectory] = []
    for line, value in read_values(source, recorder):
        found = [read_trajectory(held, line) for held in find_trajectories(value)]
        if not found:
            what = "a value that holds no trajectory"
            recorder.finding("record_unusable", Severity.WARNING, what, line=line)
        top += found
    family = Family(top, source, recorder)
    recorder.records = sum(len(trajectory.steps) for trajectory in family.all)
    family.record()
    for trajectory in family.all:
        _write(trajectory, family, recorder)


def _write(trajectory: Trajectory, family: Family, recorder: Recorder) -> None:
    if trajectory.schema is not None and len(trajectory.schema) < 16:
        recorder.dialect(trajectory.schema)
    copied = sum(step.copied for step in trajectory.steps)
    if copied and trajectory.is_timed:
        what = "a step that is repeated from another trajectory: counted there"
        recorder.finding("copied_context", Severity.INFO, what, line=trajectory.line, count=copied)
    elif copied:
        recorder.finding("step_without_time", Severity.WARNING, UNTIMED, line=trajectory.line, count=copied)
    Walk(trajectory, family, Rows(trajectory, recorder)).walk()
    is_child = trajectory.inside is not None or trajectory.parent_session is not None
    recorder.session(
        session_key=trajectory.session_key,
        source_id=None if is_child else trajectory.session,
        first_prompt_fingerprint=None if is_child or trajectory.continues else _fingerprint(trajectory),
    )


def _fingerprint(trajectory: Trajectory) -> str | None:
    asked = (step.said for step in trajectory.new_steps if step.source == "user" and step.said)
    first = next(asked, None)
    return hashlib.sha256(first.encode(errors="replace")).hexdigest() if first else None
