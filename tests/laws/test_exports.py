"""What is exported and read again is what it was: the same sessions, phases and critical paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import agenttrace
from agenttrace.api.exporting import OTLP, SPANS_JSONL
from agenttrace.errors import AgentTraceError
from agenttrace.model.trace import Trace
from contract.trace_files import SAMPLES, SHARED, TraceFile, can_be_analysed, samples, shared

OF_THE_FILE = {"session", "source_id", "format", "source", "dialects", "sources"}
FOLDERS = ("claude-code/33min-project", "cline/task", "cline/subtask", "atif/continued")
TOGETHER = ("sessions/claude-code/marot-spotter", "sessions/codex", "dynamo/A", "dynamo/C-disagg")
ALONE = ("claude-code", "codex", "gemini-cli", "openhands", "pi", "langfuse", "phoenix")
TARGETS = pytest.mark.parametrize("target", [OTLP, SPANS_JSONL])


def _paths() -> list[Path]:
    alone = [file.path for file in samples() if can_be_analysed(file) and not _beside_others(file)]
    return [*alone, *(SAMPLES / folder for folder in FOLDERS)]


def _beside_others(file: TraceFile) -> bool:
    return any(file.name.startswith(f"{folder}/") for folder in FOLDERS)


def _sessions(trace: Trace) -> dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]]:
    """Of each session all that is summed up of it, and its critical path, without what the file makes of it."""
    analysis = agenttrace.analyze(trace)
    found: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {}
    for row in analysis.sessions.iter_rows(named=True):
        facts = {name: value for name, value in row.items() if name not in OF_THE_FILE}
        found[row["session"]] = facts, []
    named = {(row["session"], row["span"]): _name(row) for row in trace.spans.to_pylist()}
    for session, span, *segment in analysis.segments.iter_rows():
        found[session][1].append((named[session, span], *segment))
    return found


def _name(span: dict[str, Any]) -> tuple[Any, ...]:
    """What it is known by: of spans of the same times any may have the lower number."""
    return tuple(span[fact] for fact in ("kind", "name", "model", "start_ns", "end_ns", "input_tokens"))


def _is_kept(path: Path, target: str, folder: Path) -> None:
    trace = agenttrace.read(path)
    if not agenttrace.analyze(trace).sessions.height:
        pytest.skip("no session with timings")
    file = folder / "exported.jsonl"
    file.write_bytes(agenttrace.export(trace, target))
    again = {name.split("#")[0]: told for name, told in _sessions(agenttrace.read(file)).items()}
    assert again == {name.split("#")[0]: told for name, told in _sessions(trace).items()}


@TARGETS
@pytest.mark.parametrize("path", _paths(), ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_what_is_exported_is_read_as_it_was(path: Path, target: str, tmp_path: Path) -> None:
    _is_kept(path, target, tmp_path)


@TARGETS
@pytest.mark.parametrize("file", [file for file in shared() if file.format in ALONE], ids=str)
def test_a_real_trace_is_read_as_it_was(file: TraceFile, target: str, tmp_path: Path) -> None:
    try:
        _is_kept(file.path, target, tmp_path)
    except AgentTraceError as error:
        pytest.skip(f"not read alone: {error}")


@TARGETS
@pytest.mark.parametrize("folder", TOGETHER)
def test_real_traces_together_are_read_as_they_were(folder: str, target: str, tmp_path: Path) -> None:
    if not (SHARED / folder).exists():
        pytest.skip("the real traces are not here")
    _is_kept(SHARED / folder, target, tmp_path)


@pytest.mark.skipif(not SHARED.exists(), reason="the real traces are not here")
def test_background_agents_are_used_where_they_were(tmp_path: Path) -> None:
    """Their use is inferred; what is inferred anew from spans alone put an hour and a half of harness in its place."""
    trace = agenttrace.read(SHARED / "sessions" / "claude-code" / "marot-spotter")
    file = tmp_path / "exported.jsonl"
    file.write_bytes(agenttrace.export(trace, OTLP))

    (told,) = agenttrace.analyze(trace).sessions["path_harness_ns"].sort(descending=True).head(1)
    (again,) = (
        agenttrace.analyze(agenttrace.read(file)).sessions["path_harness_ns"].sort(descending=True).head(1)
    )
    assert again == told
