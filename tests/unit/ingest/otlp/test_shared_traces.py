"""Real traces of others, where they lie."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from agenttrace.ingest.formats.otlp import OTLP
from agenttrace.ingest.head import Head
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from unit.ingest.otlp.telemetry import findings, table

RUNS = ("A", "B", "C-disagg", "D-claude-headers")


def _read(path: Path) -> RawTrace:
    recorder = Recorder()
    OTLP.read(Source(str(path)), recorder)
    return recorder.trace()


def _kinds(trace: RawTrace) -> Counter[str]:
    return Counter(map(str, trace.spans.column("kind").to_pylist()))


def test_the_harness_of_run_a(shared_data: Path) -> None:
    trace = _read(shared_data / "dynamo/A/harness-otlp-traces.pb.gz")

    assert _kinds(trace) == {"request": 600, "tool": 528, "agent": 96}
    assert len(set(trace.spans.column("session_key").to_pylist())) == 24
    assert {row["agent_key"] for row in table(trace, "agents")} >= {"A-s000:main", "A-s000:sub1"}
    assert sum(row["first_token_ns"] is not None for row in trace.spans.to_pylist()) == 600
    assert sorted(row["source_id"] for row in table(trace, "sessions"))[:2] == ["A-s000:main", "A-s001:main"]
    assert findings(trace) == {}


def test_the_spans_of_dynamo_in_run_a(shared_data: Path) -> None:
    trace = _read(shared_data / "dynamo/A/otlp-traces.json.gz")

    assert _kinds(trace) == {"request": 600, "other": 4200}
    assert len(set(trace.spans.column("session_key").to_pylist())) == 24
    assert trace.spans.column("status").to_pylist().count("cancelled") == 48
    assert findings(trace) == {"worker_bookkeeping": 2}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", ["otlp-traces", "harness-otlp-traces"])
def test_protobuf_and_json_of_one_run_give_identical_rows(shared_data: Path, run: str, name: str) -> None:
    packed, told = (_read(shared_data / "dynamo" / run / f"{name}.{form}.gz") for form in ("pb", "json"))

    for each in ("spans", "agents", "marks", "links", "sessions", "key_edges"):
        assert getattr(packed, each).equals(getattr(told, each)), each


@pytest.mark.parametrize("run", RUNS)
def test_log_records_of_dynamo_hold_its_request_trace(shared_data: Path, run: str) -> None:
    path = shared_data / "dynamo" / run / "otlp-logs.pb.gz"

    assert OTLP.sniff(Head(gzip.decompress(path.read_bytes())[: 1 << 16]))
    trace = _read(path)

    facts = json.loads(path.with_name("expected-facts.json").read_text())
    assert _kinds(trace) == {"request": facts["n_request_end"], "tool": facts["trace_events"]["tool_start"]}
    assert findings(trace)["log_record_unused"] + sum(facts["trace_events"].values()) == trace.records


def test_a_capture_of_claude_code(shared_data: Path) -> None:
    trace = _read(shared_data / "otel/claude-code_2.1.285_traces.otlp.json")

    assert _kinds(trace) == {"interaction": 1, "request": 1, "tool": 1, "user_wait": 1, "other": 1}
    (request,) = (row for row in trace.spans.to_pylist() if row["kind"] == "request")
    assert request["input_tokens"] == 10 + 17822 + 6717
    assert trace.marks.num_rows == 1
    assert findings(trace) == {}


def test_log_records_of_codex(shared_data: Path) -> None:
    trace = _read(shared_data / "otel/codex_0.158.0_otlp-logs_excerpt.jsonl")

    assert _kinds(trace) == {"interaction": 1, "request": 1, "tool": 1}


def test_the_examples_of_opentelemetry(shared_data: Path) -> None:
    trace = _read(shared_data / "otel/otel-proto_trace.json")

    assert trace.spans.column("span_key").to_pylist() == ["5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174"]
    for name in ("otel-proto_logs.json", "otel-proto_events.json"):
        assert findings(_read(shared_data / "otel" / name)) == {"log_record_unused": 1}


def test_every_file_of_otlp_is_read_without_damage(shared_data: Path) -> None:
    files = [
        path for path in (shared_data / "otel").iterdir() if OTLP.sniff(Head(path.read_bytes()[: 1 << 16]))
    ]

    for path in files:
        trace = _read(path)
        assert trace.records
        assert not findings(trace).keys() & {"broken_json", "torn_document", "wrong_type"}
