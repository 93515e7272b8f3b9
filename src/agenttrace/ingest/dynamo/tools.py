"""Rows of tool events: a start and its end are one tool span; what only one file holds, assembly joins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agenttrace.ingest import fields
from agenttrace.ingest.dynamo import columns
from agenttrace.ingest.dynamo.columns import (
    BOUNDED,
    DERIVED,
    MEASURED,
    NO_EVIDENCE,
    UNKNOWN,
    Codes,
    Columns,
    Ints,
    Mask,
)
from agenttrace.ingest.dynamo.identity import Owner, key_of
from agenttrace.ingest.dynamo.records import Record
from agenttrace.ingest.dynamo.requests import span_key as request_key
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import LinkKind, Purpose, Severity, SpanKind, Status

_TOOL = (
    "tool_class",
    "started_at_unix_ms",
    "ended_at_unix_ms",
    "duration_ms",
    "output_tokens",
    "error_type",
)
_NAMES = ("line", "session_key", "agent_key", "span_key", "call_id", "event_time_unix_ms", "status", *_TOOL)
_BLOCK_ROWS = 4096
_TOLERANCE_NS = 2_000_000
_STATUS = {
    "succeeded": Status.OK.value,
    "success": Status.OK.value,
    "ok": Status.OK.value,
    "error": Status.ERROR.value,
    "failed": Status.ERROR.value,
    "cancelled": Status.CANCELLED.value,
    "canceled": Status.CANCELLED.value,
    "timeout": Status.CANCELLED.value,
}
_BY_EVENT = {
    "tool_start": Status.UNFINISHED.value,
    "tool_end": Status.OK.value,
    "tool_error": Status.ERROR.value,
}


def status_of(event: str, word: Any) -> str:
    """The status of a call from the last event of it and its word."""
    status = _STATUS.get(word) if type(word) is str and event != "tool_start" else None
    return status or _BY_EVENT[event]


def key_of_call(owner: Owner, call_id: str) -> str:
    """The key of a call's span."""
    return f"tool:{owner.chain}:{call_id}"


class ToolStart(NamedTuple):
    """The start of a call, which waits for its end."""

    line: int
    record: Record
    tool: Record
    owner: Owner


class Tools:
    """Collects tool events, and records them block by block; starts wait for their ends."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing collected yet."""
        self._recorder = recorder
        self._rows: list[tuple[Any, ...]] = []
        self._waiting: dict[str, list[ToolStart]] = {}
        self._ended: set[int] = set()
        """Hashes of (key, start) of recorded ends: rows are not in order of time."""

    def add(self, line: int, record: Record, tool: Record, owner: Owner) -> None:
        """One event of the tool's owner."""
        key = self._key(line, tool, owner)
        if key is None:
            return
        started = tool.get("started_at_unix_ms")
        if record["event_type"] == "tool_start":
            if type(started) is not int or hash((key, started)) not in self._ended:
                self._waiting.setdefault(key, []).append(ToolStart(line, record, tool, owner))
            return
        start = self._take_start(key, started)
        if start is not None:
            tool = {**start.tool, **{name: value for name, value in tool.items() if value is not None}}
            started = tool.get("started_at_unix_ms")
        if type(started) is int:
            self._ended.add(hash((key, started)))
        self._append(line, record, tool, owner, key)
        if "claude" in tool:
            self._link_claude(tool["claude"], owner, key)

    def _key(self, line: int, tool: Record, owner: Owner) -> str | None:
        call_id = fields.text(tool.get("tool_call_id"))
        if call_id is not None:
            return key_of_call(owner, call_id)
        example = "a tool event without tool_call_id"
        self._recorder.finding("tool_without_id", Severity.WARNING, example, line=line)
        started, name = (
            fields.instant_from_ms(tool.get("started_at_unix_ms")),
            fields.text(tool.get("tool_class")),
        )
        return None if started is None else f"tool:{owner.chain}@{started}:{name}"

    def _take_start(self, key: str, started: Any) -> ToolStart | None:
        """The start of an end that began at `started` (unknown: the first that waits)."""
        waiting = self._waiting.get(key)
        if waiting is None:
            return None
        for index, start in enumerate(waiting):
            if started is None or start.tool.get("started_at_unix_ms") in (started, None):
                del waiting[index]
                if not waiting:
                    del self._waiting[key]
                return start
        return None

    def _append(self, line: int, record: Record, tool: Record, owner: Owner, key: str) -> None:
        event = record["event_type"]
        self._rows.append(
            (
                line,
                owner.session_key,
                owner.chain,
                key,
                fields.text(tool.get("tool_call_id")),
                record.get("event_time_unix_ms"),
                status_of(event, tool.get("status")),
                *map(tool.get, _TOOL),
            )
        )
        if len(self._rows) >= _BLOCK_ROWS:
            self._flush()

    def _link_claude(self, claude: Any, owner: Owner, key: str) -> None:
        """What Claude's tool events say of the requests on either side, and of the child agent."""
        if type(claude) is not dict:
            return
        source, consumer, child, mode = (
            fields.text(claude.get(name))
            for name in ("source_request_id", "consumer_request_id", "child_session_id", "execution_mode")
        )
        for name, given, from_key, to_key in (
            ("source_request_id", source, request_key(str(source)), key),
            ("consumer_request_id", consumer, key, request_key(str(consumer))),
        ):
            if given is not None:
                self._recorder.link(
                    session_key=owner.session_key,
                    from_key=from_key,
                    to_key=to_key,
                    kind=LinkKind.FEEDS.value,
                    explicit=True,
                    rule=f"tool.claude.{name}",
                )
        if child is not None and child != owner.chain:
            child_key = owner.session_key if owner.run else key_of(child)
            if child_key != owner.session_key:
                self._recorder.same_session(child_key, owner.session_key)
            self._recorder.agent(
                session_key=child_key,
                agent_key=child,
                parent_agent_key=owner.chain,
                background={"background": True, "blocking": False}.get(str(mode)),
                spawn_key=key,
            )

    def leave(self) -> Mapping[str, Sequence[ToolStart]]:
        """Records what can be, and returns the starts that wait for their ends."""
        self._flush()
        return self._waiting

    def absorb(self, waiting: Mapping[str, Sequence[ToolStart]], lines_before: int) -> None:
        """Starts of another part: an end that stood in a third one is a row of its own, which assembly joins."""
        for key, starts in waiting.items():
            later = [start._replace(line=start.line + lines_before) for start in starts]
            self._waiting.setdefault(key, []).extend(later)

    def finish(self) -> None:
        """Records the rest: starts whose end never came are unfinished."""
        for key, waiting in self._waiting.items():
            for start in waiting:
                self._append(start.line, start.record, start.tool, start.owner, key)
        self._waiting = {}
        self._flush()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._record(Columns("tool", _NAMES, rows, self._recorder))

    def add_columns(self, block: Columns, waiting: Iterable[tuple[str, ToolStart]]) -> None:
        """Records calls that are columns already, of the names of `add`'s rows; others wait for their ends."""
        for key, start in waiting:
            self._waiting.setdefault(key, []).append(start)
        if block.length:
            self._record(block)

    def _record(self, block: Columns) -> None:
        start, start_code, end, end_code = _times(block)
        self._recorder.extend_spans(
            {
                "session_key": block.raw("session_key"),
                "span_key": block.raw("span_key"),
                "agent_key": block.raw("agent_key"),
                "line": block.raw("line"),
                "kind": columns.constant(SpanKind.TOOL, block.length),
                "purpose": columns.constant(Purpose.TURN, block.length),
                "name": block.texts("tool_class"),
                "call_id": block.raw("call_id"),
                "start_ns": columns.nullable(start),
                "end_ns": columns.nullable(end),
                "start_evidence": columns.evidence_column(start_code),
                "end_evidence": columns.evidence_column(end_code),
                "status": block.raw("status"),
                "error": block.texts("error_type"),
                "tool_output_tokens": columns.nullable(block.counts("output_tokens")),
            }
        )


def _times(block: Columns) -> tuple[Ints, Codes, Ints, Codes]:
    """Starts and ends with their evidence. A start and a duration give the end below the millisecond."""
    event, began = block.instants("event_time_unix_ms"), block.instants("started_at_unix_ms")
    ended, lasted = block.instants("ended_at_unix_ms"), block.durations("duration_ms")
    open_end = np.array([status == Status.UNFINISHED.value for status in block.raw("status")], dtype=np.bool_)
    reached = np.where((began >= 0) & (lasted >= 0), began + lasted, UNKNOWN)
    contradicts = _far_apart(reached, ended)
    example = "duration_ms is not ended_at - started_at: the instants are taken"
    block.count_finding("tool_duration_differs", Severity.INFO, example, contradicts)
    precise = (reached >= 0) & (~contradicts | (ended < began))
    end = np.where(precise, reached, np.where(ended >= 0, ended, event))
    end_code = np.where(precise | (ended >= 0), MEASURED, BOUNDED)
    end = np.where(open_end, UNKNOWN, end)
    by_length = (end >= 0) & (lasted >= 0) & (end > lasted)
    start = np.where(began >= 0, began, np.where(by_length, end - lasted, np.where(open_end, event, UNKNOWN)))
    start_code = np.where(began >= 0, MEASURED, np.where(by_length & (ended >= 0), DERIVED, BOUNDED))
    return start, _known(start, start_code), end, _known(end, end_code)


def _far_apart(a: Ints, b: Ints) -> Mask:
    apart: Mask = np.abs(a - b) > _TOLERANCE_NS
    return apart & (a >= 0) & (b >= 0)


def _known(values: Ints, codes: np.ndarray) -> Codes:
    return np.where(values >= 0, codes, NO_EVIDENCE).astype(np.int8)
