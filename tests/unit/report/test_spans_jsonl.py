"""Sessions as spans-jsonl: read again, they are the same, and say no more than they may."""

import json
from pathlib import Path

import jsonschema
import pytest

import agenttrace
from agenttrace.errors import NoDataError
from agenttrace.model.documents import _json_type
from agenttrace.model.interchange import line_schema
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"
FILES = [
    "claude-code/fan-out.jsonl",
    "dynamo/fan-out.jsonl",
    "otlp/fan-out.jsonl",
    "codex",
    "gemini-cli/telemetry.outfile",
    "atof/session.jsonl",
    "spans-jsonl/agent.jsonl",
]
SAME = [
    "wall_ns",
    "requests",
    "tool_calls",
    "subagents",
    "input_tokens",
    "output_tokens",
    "retries",
    "compactions",
]


@pytest.mark.parametrize("file", FILES)
def test_what_was_written_is_read_again_as_it_was(file: str, tmp_path: Path) -> None:
    before = agenttrace.read(SAMPLES / file)
    target = tmp_path / "spans.jsonl"
    target.write_bytes(agenttrace.export(before, "spans-jsonl"))
    after = agenttrace.read(target)
    assert after.findings.num_rows == 0, after.findings.to_pylist()
    one, other = agenttrace.analyze(before), agenttrace.analyze(after)
    assert other.sessions.select(SAME).sort(SAME).equals(one.sessions.select(SAME).sort(SAME))
    assert other.summary.critical_path_ns == one.summary.critical_path_ns
    assert other.summary.critical_path_by_purpose_ns == one.summary.critical_path_by_purpose_ns


def test_every_line_is_what_the_schema_says() -> None:
    schema = line_schema(_json_type)
    for line in agenttrace.export(SAMPLES / "claude-code/fan-out.jsonl", "spans-jsonl").splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_no_word_of_the_trace_is_left() -> None:
    trace = agenttrace.read(SAMPLES / "claude-code/fan-out.jsonl")
    told = agenttrace.export(trace, "spans-jsonl", redact=True).decode()
    words = {
        *trace.sessions["session"].to_pylist(),
        *trace.spans["name"].to_pylist(),
        *trace.spans["model"].to_pylist(),
    }
    assert len(words) > 5
    assert [word for word in words if word and len(word) > 4 and f'"{word}"' in told] == []


def test_a_workload_has_no_instants_to_write() -> None:
    with pytest.raises(NoDataError):
        agenttrace.export(SAMPLES / "mooncake", "spans-jsonl")
