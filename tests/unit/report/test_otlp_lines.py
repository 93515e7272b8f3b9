"""What is exported as OTLP is what was read: reading it again gives the same sessions."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

import agenttrace
from agenttrace.model.trace import Trace
from agenttrace.report.otlp_lines import to_otlp

SAMPLES = Path(__file__).parents[3] / "sample_traces"
EXACT = (
    "dynamo/33min.jsonl.gz",
    "dynamo-captures/A",
    "dynamo-captures/B",
    "dynamo-captures/D-claude-headers",
    "spans-jsonl/agent.jsonl",
    "langfuse/support-agent.json",
    "phoenix/spans.jsonl",
    "jaeger/agent.json",
    "gemini-cli/chat.jsonl",
    "gemini-cli/telemetry.outfile",
    "aiperf/profile_export.jsonl",
)
OF_THE_FILE = {"session", "source_id", "format", "source", "dialects", "sources"}


def _again(trace: Trace, folder: Path, **options: bool) -> Trace:
    file = folder / "spans.jsonl"
    file.write_bytes(b"".join(to_otlp(trace, "0", **options)))
    return agenttrace.read(file)


def _sessions(trace: Trace, name: str) -> dict[str, dict[str, Any]]:
    rows = agenttrace.analyze(trace).sessions.iter_rows(named=True)
    return {row[name]: {key: value for key, value in row.items() if key not in OF_THE_FILE} for row in rows}


@pytest.mark.parametrize("sample", EXACT)
def test_what_is_read_again_is_the_same(sample: str, tmp_path: Path) -> None:
    trace = agenttrace.read(SAMPLES / sample)

    assert _sessions(_again(trace, tmp_path), "source_id") == _sessions(trace, "session")


def test_a_transcript_keeps_its_time_and_how_that_is_known(tmp_path: Path) -> None:
    """Calls that an answer emitted before its end are put where times say, so that milliseconds move."""
    trace = agenttrace.read(SAMPLES / "claude-code" / "33min.jsonl")

    (again,), (told,) = (
        _sessions(_again(trace, tmp_path), "source_id").values(),
        _sessions(trace, "session").values(),
    )

    for name in (
        "wall_ns",
        "active_ns",
        "requests",
        "tool_calls",
        "subagents",
        "compactions",
        "input_tokens",
    ):
        assert again[name] == told[name], name
    assert again["path_tool_ns"] == pytest.approx(told["path_tool_ns"], rel=1e-3)
    assert again["evidence_bounded_ns"] == pytest.approx(told["evidence_bounded_ns"], rel=1e-3)


def test_the_lines_are_otlp() -> None:
    trace = agenttrace.read(SAMPLES / "dynamo-captures" / "A")
    spans = list(_spans(trace))

    assert len({span.span_id for span in spans}) == len(spans)
    known = {span.span_id for span in spans}
    assert all(span.parent_span_id in known or not span.parent_span_id for span in spans)
    assert {span.name.split()[0] for span in spans} >= {"chat", "execute_tool", "invoke_agent"}
    assert len({span.trace_id for span in spans}) == trace.sessions.num_rows


def _spans(trace: Trace) -> Iterator[Any]:
    for line in to_otlp(trace, "0"):
        document = json.loads(line)
        scopes = [scope for resource in document["resourceSpans"] for scope in resource["scopeSpans"]]
        for scope in scopes:
            assert len(scope["spans"]) <= 512
            scope["spans"] = [_as_protobuf_expects(span) for span in scope["spans"]]
        (resource,) = json_format.ParseDict(document, TracesData()).resource_spans
        yield from resource.scope_spans[0].spans


def _as_protobuf_expects(span: dict[str, Any]) -> dict[str, Any]:
    """OTLP has ids as hexadecimal digits; protobuf's own JSON has bytes in base64."""
    ids: dict[str, Any] = {
        name: _base64(span[name]) for name in ("traceId", "spanId", "parentSpanId") if name in span
    }
    links = [_as_protobuf_expects(link) for link in span.get("links", [])]
    return {**span, **ids, **({"links": links} if links else {})}


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def test_redacted_lines_have_no_word_of_the_trace(tmp_path: Path) -> None:
    trace = agenttrace.read(SAMPLES / "dynamo-captures" / "A")
    data = b"".join(to_otlp(trace, "0", redact=True)).decode()

    words = {"web_search", "researcher", "read_file", trace.sessions["session"][0].as_py()}
    assert not [word for word in words if word in data]
    again = agenttrace.analyze(_again(trace, tmp_path, redact=True)).sessions
    told = agenttrace.analyze(trace).sessions
    assert again["wall_ns"].sort().to_list() == told["wall_ns"].sort().to_list()
    assert again.select(pl.col("requests").sum()).item() == 600
