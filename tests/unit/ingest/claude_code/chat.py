"""Small transcripts, written a record at a time: instants in seconds, each record on the one before it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agenttrace.ingest.formats.claude_code import CLAUDE_CODE
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

SECOND = 10**9
EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_NS = int(EPOCH.timestamp()) * SECOND
FINAL = "2.1.200"
USAGE = {
    "input_tokens": 2,
    "cache_creation_input_tokens": 10,
    "cache_read_input_tokens": 100,
    "output_tokens": 7,
}

Row = dict[str, Any]


def ns(seconds: float) -> int:
    """An instant of a transcript."""
    return EPOCH_NS + round(seconds * 1000) * 10**6


def stamp(seconds: float) -> str:
    """The same as it is written."""
    moment = EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass
class Chat:
    """A transcript in the making. `last` is the record on which the next one hangs."""

    session: str = "s1"
    version: str = FINAL
    agent: str | None = None
    prefix: str = "u"
    last: str | None = None
    records: list[Row] = field(default_factory=list)

    def add(self, kind: str, at: float | None, parent: str | None = "last", **fields: Any) -> str:
        """Any record of the chain; returns its uuid."""
        uuid = str(fields.pop("uuid", f"{self.prefix}{len(self.records) + 1}"))
        record = {
            "parentUuid": self.last if parent == "last" else parent,
            "isSidechain": self.agent is not None,
            **({"agentId": self.agent} if self.agent else {}),
            "sessionId": self.session,
            "version": self.version,
            "type": kind,
            "uuid": uuid,
            **({"timestamp": stamp(at)} if at is not None else {}),
            **fields,
        }
        self.records.append(record)
        self.last = uuid
        return uuid

    def prompt(self, at: float, text: str = "do it", **fields: Any) -> str:
        """What a person types."""
        return self.add("user", at, message={"role": "user", "content": text}, **fields)

    def answer(
        self, at: float, message: str, *blocks: Row, stop: str | None = "end_turn", **fields: Any
    ) -> str:
        """One line of an answer; its request id is that of its message."""
        body = {
            "id": f"msg_{message}",
            "model": fields.pop("model", "claude-test"),
            "role": "assistant",
            "content": list(blocks) or [{"type": "text", "text": "said"}],
            "stop_reason": stop,
            "usage": dict(fields.pop("usage", USAGE)),
            **fields.pop("body", {}),
        }
        fields.setdefault("requestId", f"req_{message}")
        return self.add("assistant", at, message=body, **fields)

    def result(self, at: float, tool: str, outcome: Any = None, *, error: bool = False, **fields: Any) -> str:
        """A tool's result."""
        block = {"type": "tool_result", "tool_use_id": tool, "content": "out", "is_error": error}
        if outcome is not None:
            fields["toolUseResult"] = outcome
        return self.add("user", at, message={"role": "user", "content": [block]}, **fields)

    def system(self, at: float, subtype: str, **fields: Any) -> str:
        """A note of the program."""
        return self.add("system", at, subtype=subtype, **fields)

    def queue(self, at: float, operation: str, text: str | None = None) -> None:
        """A change of the queue; no record of the chain."""
        body = {"type": "queue-operation", "operation": operation, "timestamp": stamp(at)}
        self.records.append({**body, "sessionId": self.session, **({"content": text} if text else {})})

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(json.dumps(record).encode() + b"\n" for record in self.records)

    def read(self) -> Reading:
        """What the format makes of it."""
        return read(self.content)


def call(tool: str, name: str = "Bash", **inputs: Any) -> Row:
    """A block that calls a tool."""
    return {"type": "tool_use", "id": tool, "name": name, "input": inputs}


def text(said: str = "said") -> Row:
    """A block of text."""
    return {"type": "text", "text": said}


@dataclass
class Reading:
    """The raw rows of a file."""

    spans: dict[str, Row]
    marks: list[Row]
    links: list[Row]
    agents: dict[str, Row]
    sessions: list[Row]
    edges: list[Row]
    findings: dict[str, Row]
    records: int

    def of(self, kind: str) -> list[Row]:
        """The spans of a kind, in order of their start."""
        return sorted(
            (span for span in self.spans.values() if span["kind"] == kind), key=lambda span: span["start_ns"]
        )

    def bounds(self, key: str) -> tuple[float | None, float | None]:
        """Start and end of a span in seconds."""
        span = self.spans[key]
        return _seconds(span["start_ns"]), _seconds(span["end_ns"])

    def linked(self, rule: str) -> set[tuple[str, str]]:
        """(from, to) of the links of a rule."""
        return {(link["from_key"], link["to_key"]) for link in self.links if link["rule"] == rule}


def _seconds(t_ns: int | None) -> float | None:
    return None if t_ns is None else (t_ns - EPOCH_NS) / SECOND


def read(content: bytes | Path) -> Reading:
    """The raw rows of content, or of a file."""
    source = Source("test.jsonl", content) if isinstance(content, bytes) else Source(str(content))
    recorder = Recorder()
    CLAUDE_CODE.read(source, recorder)
    trace = recorder.trace()
    spans = trace.spans.to_pylist()
    keyed = {span["span_key"]: span for span in spans}
    assert len(keyed) == len(spans), "span keys are unique in a file"
    return Reading(
        keyed,
        trace.marks.to_pylist(),
        trace.links.to_pylist(),
        {agent["agent_key"]: agent for agent in trace.agents.to_pylist()},
        trace.sessions.to_pylist(),
        trace.key_edges.to_pylist(),
        {finding["code"]: finding for finding in trace.findings.to_pylist()},
        trace.records,
    )
