"""A transcript and what `agenttrace export --to otlp` writes of it are one run, and nothing is lost between them."""

from __future__ import annotations

from pathlib import Path

import pytest

import agenttrace
from contract.trace_files import SAMPLES


@pytest.mark.parametrize(
    "name",
    ["claude-code/33min.jsonl", "claude-code/fan-out.jsonl", "opencode/opencode-2.db", "pi/session.jsonl"],
)
def test_a_session_and_its_export_are_one(name: str, tmp_path: Path) -> None:
    """Subagents that end in the background among them: the export calls their lanes otherwise."""
    path = str(SAMPLES / name)
    exported = tmp_path / "exported.jsonl"
    exported.write_bytes(agenttrace.export(path, "otlp"))

    alone, both = agenttrace.read(path), agenttrace.read([path, str(exported)])

    told = {row["code"] for row in both.findings.to_pylist()} - {"same_record"}
    assert told == {row["code"] for row in alone.findings.to_pylist()}
    ours, theirs = (agenttrace.analyze(trace).sessions for trace in (both, alone))
    for column in ("wall_ns", "requests", "subagents", "tool_calls", "path_tool_ns", "path_user_ns"):
        assert ours[column].to_list() == theirs[column].to_list(), column
