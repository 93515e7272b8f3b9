"""Rows of `request_end`: one request span each, and the block hashes of its prompt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from agenttrace.ingest import fields, text_columns
from agenttrace.ingest.dynamo import columns, timing
from agenttrace.ingest.dynamo.columns import UNKNOWN, Columns, Values
from agenttrace.ingest.dynamo.identity import Owner
from agenttrace.ingest.dynamo.prefixes import Lists, Prefixes, Prompt
from agenttrace.ingest.dynamo.records import Record
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import LinkKind, Purpose, Severity, SpanKind, Status, TokenQuality, Trigger

TEXTS = ("request_id", "x_request_id", "model")
COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "request_received_ms", "queue_depth")
MEASURES = (
    "prefill_wait_time_ms",
    "prefill_time_ms",
    "ttft_ms",
    "total_time_ms",
    "avg_itl_ms",
    "kv_hit_rate",
)
_REQUEST = TEXTS + COUNTS + MEASURES
WORKERS = ("decode_worker_id", "prefill_worker_id")
_REPLAY = ("trace_block_size", "input_length")
_OWN = (
    "line",
    "session_key",
    "agent_key",
    "event_time_unix_ms",
    "input_trigger",
    "session_final",
    "kv_hints",
    "status",
    "priority",
    "hashes",
)
_NAMES = _OWN + _REQUEST + WORKERS + _REPLAY
_BLOCK_ROWS = 2048
_NOTHING: Record = {}
_STATUS = {"error": Status.ERROR.value, "cancelled": Status.CANCELLED.value}


def span_key(request_id: str) -> str:
    """The key of a request's span."""
    return f"request:{request_id}"


class Requests:
    """Collects request rows, and records them block by block."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing collected yet."""
        self._recorder = recorder
        self._rows: list[tuple[Any, ...]] = []
        self._calls: list[tuple[str, str, str]] = []
        self._prefixes = Prefixes()
        self._priorities: dict[str, Any] = {}

    def read_prompt(self, request: Record, owner: Owner | None, hashes: bytes) -> Prompt | None:
        """The prompt of a request, from the text of the hashes that were cut out of it; None if it has no such."""
        session_key = owner.session_key if owner else None
        return self._prefixes.read(_object(request.get("replay")), session_key, hashes)

    def add(
        self, line: int, record: Record, owner: Owner | None, context: Record, prompt: Prompt | None = None
    ) -> None:
        """One row; `context` is its agent_context, or empty. `prompt`: what `read_prompt` made of it."""
        request = record["request"]
        finish = _object(request.get("finish_reason_metadata"))
        replay = _object(request.get("replay"))
        priority = priority_of(request, context)
        if self._priorities and priority is None:
            priority = self._priorities.pop(fields.text(request.get("request_id")) or "", None)
        session_key = owner.session_key if owner else None
        self._rows.append(
            (
                line,
                session_key,
                owner.chain if owner else None,
                record.get("event_time_unix_ms"),
                context.get("input_trigger"),
                context.get("session_final"),
                replay.get("kv_hints") or context.get("kv_hints"),
                status_of(finish) if finish else None,
                priority,
                self._prefixes.add(session_key, replay.get("input_sequence_hashes"))
                if prompt is None
                else self._prefixes.add_prompt(session_key, prompt),
                *map(request.get, _REQUEST),
                *map(_object(request.get("worker")).get, WORKERS),
                *map(replay.get, _REPLAY),
            )
        )
        if finish and owner and (calls := finish.get("tool_calls")):
            self._link_tools(request.get("request_id"), owner, calls)
        if len(self._rows) >= _BLOCK_ROWS:
            self.flush()

    def add_columns(
        self, block: Columns, finished: Iterable[tuple[Owner, Any, Record]], lists: Lists
    ) -> None:
        """Records rows that are columns already, of the names as in `add`, and `lists` of their hashes.

        `finished`: of each that says why it ended its owner, its id and what it says.
        """
        for owner, request_id, finish in finished:
            if calls := finish.get("tool_calls"):
                self._link_tools(request_id, owner, calls)
        if block.length:
            self._prefixes.add_lists(lists)
            self._record(block)

    def note_payload(self, payload: Any) -> None:
        """Only the scheduling priority of a payload is used; it precedes its request in the trace."""
        request = _object(_object(payload).get("request"))
        priority = priority_of(_object(request.get("nvext")), request)
        request_id = fields.text(_object(payload).get("request_id"))
        if priority is not None and request_id is not None:
            self._priorities[request_id] = priority

    def _link_tools(self, request_id: Any, owner: Owner, calls: Any) -> None:
        if type(calls) is not list or fields.text(request_id) is None:
            return
        for call in calls:
            if type(call) is dict and (call_id := fields.text(call.get("id"))):
                self._calls.append((owner.session_key, span_key(request_id), f"tool:{owner.chain}:{call_id}"))

    def _record_calls(self) -> None:
        calls, self._calls = self._calls, []
        if calls:
            session_keys, requests, tools = zip(*calls, strict=True)
            self._recorder.extend_links(
                {
                    "session_key": session_keys,
                    "from_key": requests,
                    "to_key": tools,
                    "kind": columns.constant(LinkKind.FEEDS, len(calls)),
                    "explicit": [True] * len(calls),
                    "rule": ["finish_reason_metadata.tool_calls"] * len(calls),
                }
            )

    def flush(self) -> None:
        """Records what is collected."""
        rows, self._rows = self._rows, []
        if rows:
            self._record(Columns("request", _NAMES, rows, self._recorder))

    def _record(self, block: Columns) -> None:
        self._record_calls()
        ids = _ids(block)
        session_keys = self._session_keys(block, ids)
        keys = _span_keys(ids)
        self._recorder.extend_spans(
            {
                "session_key": session_keys,
                "span_key": keys,
                "agent_key": block.raw("agent_key"),
                "line": block.raw("line"),
                "kind": columns.constant(SpanKind.REQUEST, block.length),
                "purpose": columns.constant(Purpose.TURN, block.length),
                "status": block.raw("status"),
                **_timing_columns(block),
                **_token_columns(block),
                **_serving_columns(block),
            }
        )
        self._prefixes.record(self._recorder, block, session_keys, keys)

    def _session_keys(self, block: Columns, ids: Values) -> Values:
        """Rows without a chain are a session each."""
        owned = block.raw("session_key")
        free = columns.missing(owned)
        if not free.any():
            return owned
        example = "a request without agent_context: a session of its own"
        block.count_finding("context_free", Severity.INFO, example, free)
        keys = [key or f"dynamo:request:{name}" for key, name in zip(owned, ids, strict=True)]
        alone = [(key, name) for key, name, is_free in zip(keys, ids, free, strict=True) if is_free]
        self._recorder.extend_sessions(
            {"session_key": [key for key, _ in alone], "source_id": [name for _, name in alone]}
        )
        return keys


def _span_keys(ids: Values) -> Values:
    if isinstance(ids, pa.Array):
        return text_columns.joined("", pa.scalar(span_key("")), ids)
    return [span_key(name) for name in ids]


def _ids(block: Columns) -> Values:
    """The server's ids; where one is missing, the client's, or what else tells the request apart."""
    found = block.texts("request_id")
    missing = columns.missing(found)
    block.count_finding("request_without_id", Severity.WARNING, "a request without request_id", missing)
    if not missing.any():
        return found
    found, client = columns.listed(found), columns.listed(block.texts("x_request_id"))
    other = zip(
        columns.listed(block.raw("agent_key")),
        block.instants("request_received_ms"),
        block.raw("line"),
        strict=True,
    )
    return [
        name or instead or (f"{agent}@{start}" if start != UNKNOWN else f"{agent}#{line}")
        for name, instead, (agent, start, line) in zip(found, client, other, strict=True)
    ]


def _timing_columns(block: Columns) -> dict[str, Any]:
    stated = ("ttft_ms", "prefill_wait_time_ms", "prefill_time_ms")
    ttft, wait, prefill = (block.durations(name) for name in stated)
    times = timing.request_times(
        block.instants("request_received_ms"),
        block.instants("event_time_unix_ms"),
        block.durations("total_time_ms"),
        (ttft, wait, prefill),
    )
    block.count_finding(
        "clock_disagrees",
        Severity.WARNING,
        "event_time_unix_ms is not request_received_ms + total_time_ms",
        times.clock_disagrees,
    )
    block.count_finding(
        "times_inconsistent",
        Severity.WARNING,
        "durations of a request contradict each other: those in doubt are unknown",
        times.inconsistent,
    )
    return {
        "start_ns": columns.nullable(times.start),
        "end_ns": columns.nullable(times.end),
        "start_evidence": columns.evidence_column(times.start_evidence),
        "end_evidence": columns.evidence_column(times.end_evidence),
        "queue_ns": columns.nullable(times.queue),
        "queue_evidence": columns.evidence_column(times.queue_evidence),
        "prefill_ns": columns.nullable(times.prefill),
        "prefill_evidence": columns.evidence_column(times.prefill_evidence),
        "first_token_ns": columns.nullable(times.first_token),
        "first_token_evidence": columns.evidence_column(times.first_token_evidence),
        "decode_ns": columns.nullable(times.decode),
        "decode_evidence": columns.evidence_column(times.decode_evidence),
        "itl_ns": columns.nullable(block.durations("avg_itl_ms")),
    }


def _token_columns(block: Columns) -> dict[str, Any]:
    stated = block.counts("input_tokens")
    prompt = np.where(stated >= 0, stated, block.counts("input_length"))
    cached, output = block.counts("cached_tokens"), block.counts("output_tokens")
    too_many = (prompt >= 0) & (cached > prompt)
    example = "more cached tokens than prompt tokens: unknown"
    block.count_finding("tokens_inconsistent", Severity.WARNING, example, too_many)
    final = TokenQuality.FINAL.value
    return {
        "input_tokens": columns.nullable(prompt),
        "cache_read_tokens": columns.nullable(np.where(too_many, UNKNOWN, cached)),
        "output_tokens": columns.nullable(output),
        "output_quality": [final if known else None for known in output >= 0],
    }


def _serving_columns(block: Columns) -> dict[str, Any]:
    return {
        "model": block.texts("model"),
        "request_id": block.texts("request_id"),
        "client_request_id": block.texts("x_request_id"),
        "priority": block.signed("priority"),
        "trigger": block.words("input_trigger", Trigger),
        "session_final": block.booleans("session_final"),
        "worker": block.unsigned("decode_worker_id"),
        "prefill_worker": block.unsigned("prefill_worker_id"),
        "queue_depth": columns.nullable(block.counts("queue_depth", 2**31 - 1)),
        "kv_hit_rate": block.shares("kv_hit_rate"),
        "kv_hint": [None if hint is None else _json(hint) for hint in block.raw("kv_hints")],
    }


def _object(value: Any) -> Record:
    return value if type(value) is dict else _NOTHING


def status_of(finish: Record) -> str:
    """Only an answer that came to its end has a finish reason. Without one nothing is known here."""
    reason = finish.get("finish_reason")
    return _STATUS.get(reason, Status.OK.value) if type(reason) is str else Status.OK.value


def priority_of(request: Record, context: Record) -> Any:
    """The scheduling priority in the hints of either; None if none has one."""
    if "agent_hints" not in request and "agent_hints" not in context:
        return None
    for holder in (request, context):
        hints = holder.get("agent_hints")
        if type(hints) is dict and (priority := hints.get("priority")) is not None:
            return priority
    return None


def _json(value: Any) -> str | None:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, ValueError):
        return None
