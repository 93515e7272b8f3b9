"""Small rollouts, written a record at a time: instants in seconds, ids that say when they were made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.formats.codex import CODEX
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace

SECOND = 10**9
EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_NS = int(EPOCH.timestamp()) * SECOND

Row = dict[str, Any]


def ns(seconds: float) -> int:
    """An instant of a rollout."""
    return EPOCH_NS + round(seconds * 1000) * 10**6


def uuid7(seconds: float, number: int = 0) -> str:
    """An id that was made at that instant."""
    ms = f"{ns(seconds) // 10**6:012x}"
    return f"{ms[:8]}-{ms[8:]}-7000-8000-{number:012x}"


def stamp(seconds: float) -> str:
    """An instant as it is written."""
    moment = EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass
class Rollout:
    """A rollout in the making. `spent` is the sum of tokens that its next count starts from."""

    thread: str = field(default_factory=lambda: uuid7(0))
    records: list[Row] = field(default_factory=list)
    spent: int = 0

    def add(self, at: float, kind: str, body: Row, /, **more: Any) -> Rollout:
        """Any record."""
        self.records.append({"timestamp": stamp(at), "type": kind, "payload": body, **more})
        return self

    def meta(self, at: float = 0, **body: Any) -> Rollout:
        """The thread's first record."""
        told = {"id": self.thread, "timestamp": stamp(at), "cli_version": "0.140.0", "source": "cli", **body}
        return self.add(at, "session_meta", told)

    def event(self, at: float, kind: str, /, **body: Any) -> Rollout:
        """An event."""
        return self.add(at, "event_msg", {"type": kind, **body})

    def item(self, at: float, kind: str, /, **body: Any) -> Rollout:
        """An item of the conversation."""
        return self.add(at, "response_item", {"type": kind, **body})

    def begin(self, at: float, turn: str | None = None, **context: Any) -> Rollout:
        """A turn."""
        name = turn or uuid7(at, 1)
        self.event(at, "task_started", turn_id=name)
        return self.add(at, "turn_context", {"turn_id": name, "model": "m-1", **context})

    def prompt(self, at: float, text: str = "do it") -> Rollout:
        """What the user says."""
        self.item(at, "message", role="user", content=[{"type": "input_text", "text": text}])
        return self.event(at, "user_message", message=text)

    def think(self, at: float) -> Rollout:
        """Reasoning."""
        return self.item(at, "reasoning", summary=[])

    def say(self, at: float) -> Rollout:
        """A message of the model's."""
        return self.item(at, "message", role="assistant", content=[{"type": "output_text", "text": "so"}])

    def call(self, at: float, name: str = "exec_command", call: str = "c1", **more: Any) -> Rollout:
        """A call."""
        return self.item(at, "function_call", name=name, call_id=call, arguments="{}", **more)

    def result(self, at: float, call: str = "c1", output: Any = "ok") -> Rollout:
        """Its result."""
        return self.item(at, "function_call_output", call_id=call, output=output)

    def count(self, at: float, context: int = 100, output: int = 10) -> Rollout:
        """A count after a request that read `context` tokens."""
        self.spent += context + output
        return self.repeat(at, context, output)

    def repeat(self, at: float, context: int = 100, output: int = 10) -> Rollout:
        """A count after no request."""
        last = _usage(context, output)
        info = {"total_token_usage": {**_usage(0, 0), "total_tokens": self.spent}, "last_token_usage": last}
        return self.event(at, "token_count", info=info)

    def end(self, at: float, **body: Any) -> Rollout:
        """The end of the turn."""
        return self.event(at, "task_complete", turn_id="t", **body)

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(json.dumps(record).encode() + b"\n" for record in self.records)


def _usage(context: int, output: int) -> Row:
    return {
        "input_tokens": context,
        "cached_input_tokens": context // 2,
        "output_tokens": output,
        "reasoning_output_tokens": output // 2,
        "total_tokens": context + output,
    }


def read(rollout: Rollout | bytes) -> RawTrace:
    """The raw rows of a rollout."""
    recorder = Recorder()
    content = rollout if isinstance(rollout, bytes) else rollout.content
    CODEX.read(Source("rollout.jsonl", content), recorder)
    return recorder.trace()


def assembled(*rollouts: Rollout) -> Trace:
    """The trace of several files."""
    sources = [ReadSource(f"{number}", "codex", 0, read(rollout)) for number, rollout in enumerate(rollouts)]
    return assemble(sources)


def spans(trace: RawTrace, kind: str) -> list[Row]:
    """Spans of a kind, in order of time."""
    found = [row for row in trace.spans.to_pylist() if row["kind"] == kind]
    return sorted(found, key=lambda row: (row["start_ns"] or 0, row["end_ns"] or 0))


def bounds(row: Row) -> tuple[float, float]:
    """Start and end, in seconds."""
    return (row["start_ns"] - EPOCH_NS) / SECOND, (row["end_ns"] - EPOCH_NS) / SECOND


def findings(trace: RawTrace) -> dict[str, int]:
    """How often each was found."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}


def links(trace: RawTrace, kind: str) -> set[tuple[str, str]]:
    """Pairs of keys that are linked so."""
    return {(row["from_key"], row["to_key"]) for row in trace.links.to_pylist() if row["kind"] == kind}
