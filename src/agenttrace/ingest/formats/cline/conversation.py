"""Sessions of Cline's newer versions: `<session>.messages.json` (CLI, and the editors that are built on its SDK).

A message has the time at which it was made: an answer when it was complete, a tool's result when the tool had
returned. A request is not sent before what it answers was there. A subagent's file names its session after the
root's. (sdk/packages/agents/src/agent-runtime.ts, core/src/services/session-data.ts, session/models/session-graph.ts)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.called import Called, record_call
from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status, TokenQuality

_CHILD = "__"


def session_key(session_id: str) -> str:
    """The key of a session; a subagent's is that of its root."""
    return f"cline:{session_id.partition(_CHILD)[0]}"


class Conversation:
    """The messages of one agent, taken in their order."""

    def __init__(self, reader: FieldReader, session_id: str, role: str | None) -> None:
        """Nothing taken yet. `role`: whether it leads, or what kind of subagent it is."""
        self._reader = reader
        self._session_key = session_key(session_id)
        self._lane = session_id
        self._cause = Cause()
        self._calls: dict[str, Called] = {}
        self._known: set[str] = set()
        root, _, child = session_id.partition(_CHILD)
        if not child:
            reader.recorder.session(session_key=self._session_key, source_id=session_id)
        reader.recorder.agent(
            session_key=self._session_key,
            agent_key=session_id,
            parent_agent_key=root if child else None,
            main=not child,
            source_id=session_id,
            type=role if child else None,
        )

    def take(self, message: Mapping[str, Any], line: int) -> None:
        """The next message."""
        role = self._reader.take(message, "role", fields.text, line)
        t_ns = self._reader.take(message, "ts", fields.instant_from_ms, line)
        blocks = self._blocks(message, line)
        if role == "assistant":
            self._answer(message, blocks, t_ns, line)
        elif role == "user":
            self._given(message, blocks, t_ns, line)
        else:
            what = "a message of neither user nor assistant"
            self._reader.recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """No more messages: calls without a result never returned."""
        for call_id in list(self._calls):
            self._tool(call_id, None, Status.UNFINISHED)

    def _blocks(self, message: Mapping[str, Any], line: int) -> list[dict[str, Any]]:
        return (
            [] if isinstance(message.get("content"), str) else self._reader.objects(message, "content", line)
        )

    def _given(
        self, message: Mapping[str, Any], blocks: list[dict[str, Any]], t_ns: int | None, line: int
    ) -> None:
        """Results of tools, what a person said, or what the program itself adds for the model."""
        results = [block for block in blocks if block.get("type") == "tool_result"]
        for block in results:
            call_id = self._reader.take(block, "tool_use_id", fields.text, line)
            if call_id not in self._calls or call_id is None:
                what = "a tool's result whose call is not in the file"
                self._reader.recorder.finding("stray_result", Severity.INFO, what, line=line)
                self._cause.result(t_ns, None)
                continue
            self._tool(call_id, t_ns, Status.ERROR if _failed(block) else Status.OK)
        added = self._reader.inner(message, "metadata", line)
        if added.get("displayRole") == "system" or added.get("userRunSpan") == 0 or "kind" in added:
            self._cause.reach(t_ns)
        elif len(results) < len(blocks) or not blocks:
            self._cause.ask(t_ns)

    def _answer(
        self, message: Mapping[str, Any], blocks: list[dict[str, Any]], t_ns: int | None, line: int
    ) -> None:
        take = self._reader.take
        key = take(message, "id", fields.text, line)
        if key is None or key in self._known:
            key = f"message:{line}"
        start_ns, evidence = self._cause.start_before(t_ns)
        self._reader.recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=self._lane,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED,
            status=Status.OK,
            trigger=self._cause.trigger,
            model=take(self._reader.inner(message, "modelInfo", line), "id", fields.text, line),
            **_tokens(self._reader.inner(message, "metrics", line)),
        )
        link_results(self._reader.recorder, self._session_key, self._cause.results, key, "tool_result")
        self._known.add(key)
        self._cause.answered(t_ns)
        for block in blocks:
            call_id = fields.text(block.get("id"))
            if (
                block.get("type") == "tool_use"
                and call_id is not None
                and _tool_key(call_id) not in self._known
            ):
                self._known.add(_tool_key(call_id))
                self._calls[call_id] = Called(take(block, "name", fields.text, line), t_ns, line)
                link_call(self._reader.recorder, self._session_key, key, _tool_key(call_id), "tool_use")

    def _tool(self, call_id: str, end_ns: int | None, status: Status) -> None:
        """It ran between the answer that called it and its result."""
        keys = {
            "session_key": self._session_key,
            "span_key": _tool_key(call_id),
            "agent_key": self._lane,
            "call_id": call_id,
        }
        record_call(self._reader.recorder, keys, self._calls.pop(call_id), end_ns, status)
        if status is not Status.UNFINISHED:
            self._cause.result(end_ns, _tool_key(call_id))


def _tool_key(call_id: str) -> str:
    return f"tool:{call_id}"


def _tokens(told: Mapping[str, Any]) -> dict[str, Any]:
    """Of one answer: its prompt holds what was cached, unless it is too small to. All zeros mean not counted."""
    given, output = fields.count(told.get("inputTokens")), fields.count(told.get("outputTokens"))
    read, written = fields.count(told.get("cacheReadTokens")), fields.count(told.get("cacheWriteTokens"))
    if not any((given, output, read, written)):
        return {}
    cached = (read or 0) + (written or 0)
    if given is not None and given < cached:
        given += cached
    return {
        "input_tokens": given,
        "cache_read_tokens": None if given is None else read,
        "cache_write_tokens": written,
        "output_tokens": output,
        "output_quality": None if output is None else TokenQuality.FINAL,
    }


def _failed(block: Mapping[str, Any]) -> bool:
    """Whether the result says so, or that of any of the commands that the call was about."""
    parts = block.get("content")
    said = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return block.get("is_error") is True or any(part.get("success") is False for part in said)
