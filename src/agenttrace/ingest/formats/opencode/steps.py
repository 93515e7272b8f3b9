"""Steps of the assistant as requests, each with the tools that it called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.attempts import write_attempts
from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.ingest.formats.opencode.tools import tool_bounds, tool_key, write_tool
from agenttrace.ingest.formats.opencode.usage import read_tokens
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Purpose,
    SpanKind,
    Status,
    TokenQuality,
)

Part = Mapping[str, Any]
_SAID = frozenset({"reasoning", "text"})


@dataclass(frozen=True, slots=True)
class Step:
    """What the message says of its steps. `parent_key`: the user's message that it answers."""

    created_ns: int | None
    completed_ns: int | None
    parent_key: str | None
    compacting: bool


@dataclass(slots=True)
class Parts:
    """The parts of one step. `said`: (start, end) of texts and reasonings, in their order."""

    said: list[tuple[int | None, int | None]] = field(default_factory=list)
    tools: list[Part] = field(default_factory=list)
    retries: list[Part] = field(default_factory=list)
    tokens: Mapping[str, Any] | None = None
    first_said: bool = False

    @property
    def called_ns(self) -> list[int]:
        """When its tools were called."""
        return [start for start, _ in map(tool_bounds, self.tools) if start is not None]

    @property
    def returned_ns(self) -> int | None:
        """When the last of its tools returned."""
        ends = [end for _, end in map(tool_bounds, self.tools) if end is not None]
        return max(ends, default=None)


def split_steps(reader: FieldReader, parts: Sequence[Part], line: int) -> list[Parts]:
    """The parts by step; a step that was never finished has what came of it."""
    steps = [Parts()]
    open_step = False
    for part in parts:
        kind = fields.text(part.get("type"))
        if kind == "step-start":
            if open_step:
                steps.append(Parts())
            open_step = True
        elif kind == "step-finish":
            steps[-1].tokens = reader.inner(part, "tokens", line)
        elif kind == "tool":
            steps[-1].tools.append(part)
        elif kind == "retry":
            steps[-1].retries.append(part)
        elif kind in _SAID and part.get("synthetic") is not True:
            times = reader.inner(part, "time", line)
            said = (
                reader.take(times, "start", fields.instant_from_ms, line),
                reader.take(times, "end", fields.instant_from_ms, line),
            )
            steps[-1].first_said = steps[-1].first_said or not (steps[-1].said or steps[-1].tools)
            steps[-1].said.append(said)
    return steps


def write_steps(
    reader: FieldReader, info: Mapping[str, Any], steps: Sequence[Parts], step: Step, line: int
) -> None:
    """A request for each, and what hangs on it."""
    start_ns, before = step.created_ns, None
    for number, parts in enumerate(steps):
        last = number == len(steps) - 1
        key = str(info["id"]) if number == 0 else f"{info['id']}:step:{number + 1}"
        end_ns, end_evidence = _end(parts, step.completed_ns if last else None)
        request = _Request(reader, info, parts, step, line, key)
        request.write(start_ns, end_ns, end_evidence, alone=len(steps) == 1)
        if before is not None:
            request.follow(before)
        for part in parts.tools:
            write_tool(reader, part, step.parent_key, line)
            request.call(part, start_ns, end_ns)
        start_ns, before = _latest(start_ns, end_ns, parts.returned_ns), parts


def _end(parts: Parts, completed_ns: int | None) -> tuple[int | None, Evidence]:
    """With its last block; where it called tools, it may have gone on after the last call."""
    said = [end for _, end in parts.said if end is not None]
    if parts.tools:
        signs = said + parts.called_ns
        return (max(signs), Evidence.BOUNDED) if signs else (None, Evidence.UNKNOWN)
    known = max(said, default=None) if said else completed_ns
    return known, Evidence.UNKNOWN if known is None else Evidence.MEASURED


def _latest(*instants: int | None) -> int | None:
    return max((t_ns for t_ns in instants if t_ns is not None), default=None)


@dataclass(slots=True)
class _Request:
    reader: FieldReader
    info: Mapping[str, Any]
    parts: Parts
    step: Step
    line: int
    key: str

    @property
    def place(self) -> dict[str, str | None]:
        """Keys of its session, its lane, and what it hangs in."""
        session_id = str(self.info["sessionID"])
        return {
            "session_key": session_key(session_id),
            "agent_key": session_id,
            "parent_key": self.step.parent_key,
        }

    def write(self, start_ns: int | None, end_ns: int | None, end_evidence: Evidence, *, alone: bool) -> None:
        """Its span; that of a compaction around it; those of attempts that failed before it."""
        info, line = self.info, self.line
        start_ns, attempt = write_attempts(
            self.reader, self.place, self.parts.retries, (self.key, start_ns, end_ns), line
        )
        if start_ns is not None and end_ns is not None:
            start_ns = min(start_ns, end_ns)
        bounds = {
            "line": line,
            "start_ns": start_ns,
            "end_ns": end_ns,
            "start_evidence": Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
            "end_evidence": end_evidence,
        }
        purpose = Purpose.COMPACTION if self.step.compacting else Purpose.TURN
        if self.step.compacting:
            key, kind = f"compaction:{self.key}", SpanKind.COMPACTION
            self.reader.recorder.span(**self.place, **bounds, span_key=key, kind=kind, purpose=purpose)
        first_ns = self._first_token(start_ns, end_ns)
        self.reader.recorder.span(
            **self.place,
            **bounds,
            **_outcome(self.reader.inner(info, "error", line), ended=end_ns is not None),
            span_key=self.key,
            kind=SpanKind.REQUEST,
            purpose=purpose,
            model=self.reader.take(info, "modelID", fields.text, line),
            attempt=attempt,
            **self._tokens(alone=alone),
            first_token_ns=first_ns,
            first_token_evidence=None if first_ns is None else Evidence.MEASURED,
        )

    def _tokens(self, *, alone: bool) -> dict[str, Any]:
        """Those of its step; of a message of one step also what the message says."""
        stated = self.parts.tokens or (self.reader.inner(self.info, "tokens", self.line) if alone else {})
        tokens = read_tokens(stated)
        return {
            "input_tokens": tokens.given,
            "cache_read_tokens": tokens.read,
            "cache_write_tokens": tokens.written,
            "output_tokens": tokens.output,
            "reasoning_tokens": tokens.reasoning,
            "output_quality": TokenQuality.FINAL if tokens.output is not None else None,
        }

    def _first_token(self, start_ns: int | None, end_ns: int | None) -> int | None:
        """Where the answer begins with a block that has a length."""
        if not self.parts.first_said or start_ns is None or end_ns is None:
            return None
        began, ended = self.parts.said[0]
        if began is None or began == ended or not start_ns <= began <= end_ns:
            return None
        return began

    def call(self, part: Part, start_ns: int | None, end_ns: int | None) -> None:
        """It called this tool, perhaps before it had ended."""
        called_ns, key = tool_bounds(part)[0], tool_key(part)
        streamed = called_ns is not None and end_ns is not None and called_ns < end_ns
        self._link(self.key, key, LinkKind.FEEDS, "tool-call", called_ns if streamed else None)
        if called_ns is None or start_ns is None or end_ns is None or not start_ns <= called_ns <= end_ns:
            return
        self.reader.recorder.mark(
            session_key=self.place["session_key"],
            span_key=self.key,
            kind=MarkKind.TOOL_CALL,
            t_ns=called_ns,
            evidence=Evidence.MEASURED,
            refers_to_key=key,
        )

    def follow(self, before: Parts) -> None:
        """It carries the results of the step before, in the same message."""
        for part in before.tools:
            self._link(tool_key(part), self.key, LinkKind.FEEDS, "tool-result", None)

    def _link(self, source: str, target: str, kind: LinkKind, rule: str, at_ns: int | None) -> None:
        self.reader.recorder.link(
            session_key=self.place["session_key"],
            from_key=source,
            to_key=target,
            kind=kind,
            explicit=True,
            rule=rule,
            at_ns=at_ns,
        )


def _outcome(error: Mapping[str, Any], *, ended: bool) -> dict[str, Any]:
    if not error:
        return {"status": Status.OK if ended else Status.UNFINISHED}
    name = fields.text(error.get("name"))
    aborted = name == "MessageAbortedError"
    return {"status": Status.CANCELLED if aborted else Status.ERROR, "error": name}
