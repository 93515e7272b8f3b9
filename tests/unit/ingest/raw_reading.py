"""What a format makes of one file, with instants in seconds: raw rows by key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source

SECOND = 10**9
EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_NS = int(EPOCH.timestamp()) * SECOND
SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"

Row = dict[str, Any]


def ns(seconds: float) -> int:
    """Unix nanoseconds of an instant, whole milliseconds."""
    return EPOCH_NS + round(seconds * 1000) * 10**6


def ms(seconds: float) -> int:
    """The same in Unix milliseconds."""
    return ns(seconds) // 10**6


def iso(seconds: float) -> str:
    """The same as JavaScript writes it."""
    moment = EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def lines(records: Iterable[Any]) -> bytes:
    """A file of JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@dataclass
class RawReading:
    """The raw rows of a file."""

    spans: dict[str, Row]
    marks: list[Row]
    links: list[Row]
    agents: dict[str, Row]
    sessions: list[Row]
    edges: set[tuple[str, str]]
    findings: dict[str, Row]
    records: int

    def of(self, kind: str) -> list[Row]:
        """The spans of a kind, in order of their end."""
        found = [span for span in self.spans.values() if span["kind"] == kind]
        return sorted(found, key=lambda span: span["end_ns"] or 0)

    def bounds(self, key: str) -> tuple[float | None, float | None]:
        """Start and end of a span in seconds."""
        return _seconds(self.spans[key]["start_ns"]), _seconds(self.spans[key]["end_ns"])

    def evidence(self, key: str) -> tuple[str, str]:
        """Evidence of start and end of a span."""
        return self.spans[key]["start_evidence"], self.spans[key]["end_evidence"]

    def linked(self, rule: str) -> set[tuple[str, str]]:
        """(from, to) of the links of a rule."""
        return {(link["from_key"], link["to_key"]) for link in self.links if link["rule"] == rule}


def _seconds(t_ns: int | None) -> float | None:
    return None if t_ns is None else (t_ns - EPOCH_NS) / SECOND


def read_raw(format_id: str, content: bytes | Path) -> RawReading:
    """The raw rows of content, or of a file."""
    source = Source("test", content) if isinstance(content, bytes) else Source(str(content))
    recorder = Recorder()
    format_by_id(format_id).read(source, recorder)
    trace = recorder.trace()
    spans = trace.spans.to_pylist()
    keyed = {span["span_key"]: span for span in spans}
    assert len(keyed) == len(spans), "span keys are unique in a file"
    return RawReading(
        keyed,
        trace.marks.to_pylist(),
        trace.links.to_pylist(),
        {agent["agent_key"]: agent for agent in trace.agents.to_pylist()},
        trace.sessions.to_pylist(),
        {(edge["key_a"], edge["key_b"]) for edge in trace.key_edges.to_pylist()},
        {finding["code"]: finding for finding in trace.findings.to_pylist()},
        trace.records,
    )
