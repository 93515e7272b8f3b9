"""Every trace that the contract is tried on: which files there are, and of which format each one is.

The formats are told here by hand and by name; a reader must find the same by content alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, formats
from agenttrace.ingest.source import Source

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_traces"
SHARED = Path(os.environ.get("AGENTTRACE_SHARED_DATA", ROOT.parent / "shared" / "data"))

_SAMPLE_RULES = (
    ("*.meta.json", None),
    ("*.md", None),
    ("*/expected-facts.json", None),
    ("*/api_conversation_history.json", None),
    ("*/history_item.json", None),
    ("*/harness-truth.jsonl.gz", None),
    *((f"{known.id}/*", known.id) for known in formats()),
    ("*/request-trace.*", "dynamo"),
    ("*otlp-traces.*", "otlp"),
)
_SHARED_RULES = (
    ("*/SOURCES.txt", None),
    ("dynamo/*/request-trace.*", "dynamo"),
    ("dynamo/*otlp-traces.*", "otlp"),
    ("dynamo/*otlp-logs.*", "otlp"),
    ("dynamo/samples/pi_request_trace.jsonl.gz", "dynamo"),
    ("dynamo/samples/probe-headers-161.jsonl", "dynamo"),
    ("dynamo/samples/dynamo-*.jsonl", "dynamo"),
    ("dynamo/samples/join-minimal.jsonl", "dynamo"),
    ("otel/dynamo_agent.trace.v1_docs-samples.jsonl", "dynamo"),
    ("otel/dynamo_request.trace.v1_docs-samples.jsonl", "dynamo"),
    ("otel/*.otlp.json", "otlp"),
    ("otel/otel-proto_*.json", "otlp"),
    ("otel/langfuse_*.json", "langfuse"),
    ("otel/phoenix_*.json", "phoenix"),
    ("otel/jaeger_otel_traces_01.json", "otlp"),
    ("otel/jaeger_link_attributes_trace.json", "otlp"),
    ("otel/codex_*_otlp-logs_excerpt.jsonl", "otlp"),
    ("otel/atif_*.json", "atif"),
    ("otel/nat_*_atif.json", "atif"),
    ("otel/nat_*_atof.jsonl", "atof"),
    ("sessions/aiperf/*/profile_export.jsonl", "aiperf"),
    ("sessions/nat/atof/*_atof.jsonl", "atof"),
    ("sessions/atif/openhands/*.json", "atif"),
    ("sessions/atif/terminus_2/*.json", "atif"),
    ("otel/jaeger-ui_*estTrace.json", "jaeger"),
    ("otel/jaeger-ui_*.jaeger.json", "jaeger"),
    ("otel/zipkin_*.json", "zipkin"),
    ("critical-path/crisp/*", "jaeger"),
    ("dynamo/samples/agentic-mooncake.jsonl", "agentic-mooncake"),
    ("dynamo/samples/applied-compute-agentic.jsonl", "applied-compute"),
    ("dynamo/samples/mooncake*.jsonl", "mooncake"),
    ("otel/*.mooncake-delta.jsonl", "mooncake"),
    ("otel/dynamo_weka-*.jsonl", "weka"),
    ("replay/weka_traces/*.json", "weka"),
    ("sessions/mooncake/*.jsonl", "mooncake"),
    ("sessions/aiperf/inference-day-2026.*.jsonl", "mooncake"),
    ("sessions/claude-code/*.jsonl", "claude-code"),
    ("sessions/codex/*.jsonl", "codex"),
    ("sessions/other-agents/traex/*.jsonl", "codex"),
    ("sessions/gemini-cli/*.json", "gemini-cli"),
    ("sessions/atif/rfc0001/gemini-cli-trajectory.json", "gemini-cli"),
    ("sessions/openhands/*.json", "openhands"),
    ("sessions/atif/rfc0001/openhands_trajectory.json", "openhands"),
    ("sessions/swe-agent/*.traj", "swe-agent"),
    ("sessions/mini-swe-agent/*.traj.json", "mini-swe-agent"),
    ("sessions/atif/rfc0001/mini-swe-agent-trajectory.json", "mini-swe-agent"),
    ("sessions/nat/atof/*_atif.json", "atif"),
    ("sessions/other-agents/iflow/*.jsonl", "claude-code"),
    ("sessions/other-agents/pi/*.jsonl", "pi"),
    ("sessions/other-agents/gptme/*.jsonl", "gptme"),
    ("sessions/other-agents/vs-copilot-otlp/*.jsonl", "otlp"),
)
_WORKLOADS = frozenset(known.id for known in formats() if not known.facts.timed)
_WITHOUT_TIMES = (
    "otel/otel-proto_*",
    "otel/codex_*",
    "sessions/swe-agent/function_calling_simple.traj",
    "sessions/swe-agent/pydicom-1458.traj",
    "sessions/mini-swe-agent/*",
    "sessions/atif/rfc0001/mini-swe-agent-trajectory.json",
    "otel/atif_harbor_*",
    "sessions/atif/*",
)


class TraceFile(NamedTuple):
    """A file of a known format; `name` is its path below `folder`."""

    folder: Path
    name: str
    format: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name

    def __str__(self) -> str:
        return self.name


def samples() -> list[TraceFile]:
    """The traces that belong to the repository."""
    return _traces(SAMPLES, _files_below(SAMPLES), _SAMPLE_RULES)


def shared() -> list[TraceFile]:
    """The third-party traces, none where they are absent."""
    return _traces(SHARED, _shared_files(), _SHARED_RULES)


def other_files() -> list[TraceFile]:
    """Files beside those traces that are none, or of a format that is not read yet."""
    own = [(SAMPLES, name, _SAMPLE_RULES) for name in _files_below(SAMPLES)]
    foreign = [(SHARED, name, _SHARED_RULES) for name in _shared_files()]
    return [
        TraceFile(folder, name, "") for folder, name, rules in own + foreign if _format(name, rules) is None
    ]


def can_be_analysed(file: TraceFile) -> bool:
    """Whether there is a session with times in it; some files hold records of other things, or workloads."""
    if file.format in _WORKLOADS:
        return False
    return file.folder == SAMPLES or not any(fnmatch(file.name, pattern) for pattern in _WITHOUT_TIMES)


@cache
def content(path: Path) -> bytes:
    """What is in a file, decompressed."""
    return b"".join(Source(str(path)).blocks())


def raw_of(data: bytes, format_id: str, name: str = "unknown") -> RawTrace:
    """The raw rows of that content, which lies in no folder."""
    recorder = Recorder()
    format_by_id(format_id).read(Source(name, data), recorder)
    return recorder.trace()


def _shared_files() -> list[str]:
    folders = ("critical-path", "dynamo", "otel", "replay/weka_traces", "sessions")
    return [f"{folder}/{name}" for folder in folders for name in _files_below(SHARED / folder)]


def _files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _traces(folder: Path, names: list[str], rules: tuple[tuple[str, str | None], ...]) -> list[TraceFile]:
    found = ((name, _format(name, rules)) for name in names)
    return [TraceFile(folder, name, chosen) for name, chosen in found if chosen]


def _format(name: str, rules: tuple[tuple[str, str | None], ...]) -> str | None:
    return next((chosen for pattern, chosen in rules if fnmatch(name, pattern)), None)


def documents(data: bytes) -> list[dict[str, Any]]:
    """The JSON documents in it: one, or one in each line."""
    try:
        return [json.loads(data)]
    except ValueError:
        return [json.loads(line) for line in lines_of(data)]


def lines_of(data: bytes) -> Iterator[bytes]:
    """Its lines, without their ends; empty ones are left out."""
    return (line for line in data.split(b"\n") if line.strip())


def objects_of(data: bytes) -> Iterator[Any]:
    """The JSON values of its lines; transcripts now and then hold two on one."""
    decoder = json.JSONDecoder()
    for line in lines_of(data):
        text, at = line.decode().strip(), 0
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            yield value
            at += len(text[at:]) - len(text[at:].lstrip())
