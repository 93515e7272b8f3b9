"""Sessions as OTLP in JSON lines, for any backend of OpenTelemetry: a trace for each session.

The attributes are those of the GenAI semantic conventions, where these have one. What they have none for (what a
wait is, how a time is known) stands under `agenttrace.*`, so that reading the lines again gives the same requests,
tokens and times. Left out: marks other than first tokens, block hashes, and links that are only inferred. Reading
infers these again from times, but not the use of a background agent: there the path may differ, which it does not
where `spans_jsonl` is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.model.vocabulary import Evidence, SpanKind, Status, TokenQuality
from agenttrace.report.redaction import Redaction

if TYPE_CHECKING:
    from agenttrace.model.trace import Trace

Row = dict[str, Any]

_SPANS_A_LINE = 512
_LARGEST = 2**63 - 1
"""An integer of OTLP; numbers of workers are larger, and are text."""
_S, _MS = 1e9, 1e6
_INTERNAL, _CLIENT = 1, 3
_STATUS = {Status.OK: 1, Status.ERROR: 2}
_OPERATION = {
    SpanKind.AGENT: "invoke_agent",
    SpanKind.REQUEST: "chat",
    SpanKind.TOOL: "execute_tool",
}
_COUNTS = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "attempt": "attempt",
    "queue_depth": "queue_depth",
    "worker": "decode_worker_id",
    "prefill_worker": "prefill_worker_id",
    "tool_output_tokens": "result_tokens",
}
_DURATIONS = {
    "queue_ns": ("gen_ai.latency.time_in_queue", _S),
    "prefill_ns": ("gen_ai.latency.time_in_model_prefill", _S),
    "itl_ns": ("avg_itl_ms", _MS),
}
_EVIDENCE = ("start", "end", "queue", "prefill", "first_token", "decode")
_FACTS = ("task_id", "run_id", "deployment", "first_prompt_fingerprint")
_WORDS = ("name", "model", "error", "source_id", "request_id", "client_request_id", "agent_name", "agent_id")
"""What a trace says in words of its own."""


def to_otlp(trace: Trace, version: str, *, redact: bool = False) -> Iterator[bytes]:
    """The lines, each an `ExportTraceServiceRequest`, sessions in the order of the trace. `redact`: words as hashes."""
    redaction = Redaction(_names(trace)) if redact else None
    for piece in trace.timed().chunks():
        agents = {(row["session"], row["span"]): row for row in piece.agents.to_pylist()}
        waits = _waits(piece)
        facts = {row["session"]: row for row in piece.sessions.to_pylist()}
        rows = piece.spans.to_pylist()
        for session, spans in groupby(rows, key=itemgetter("session")):
            made = _Session(session, facts[session], waits, agents, redaction)
            found = [made.span(row) for row in spans if row["kind"] != SpanKind.SESSION]
            for first in range(0, len(found), _SPANS_A_LINE):
                yield _line(found[first : first + _SPANS_A_LINE], version)


def _names(trace: Trace) -> list[str]:
    return [
        str(name) for name in (*trace.sources["path"].to_pylist(), *trace.sessions["session"].to_pylist())
    ]


def _line(spans: list[Row], version: str) -> bytes:
    resource = {"attributes": _attributes({"service.name": "agenttrace"})}
    scopes = [{"scope": {"name": "agenttrace", "version": version}, "spans": spans}]
    document = {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _waits(trace: Trace) -> Mapping[tuple[str, int], list[int]]:
    """Of each span those whose end it is said to wait for."""
    found: dict[tuple[str, int], list[int]] = {}
    for link in trace.links.to_pylist():
        if link["explicit"] and link["from_mark"] is None:
            found.setdefault((link["session"], link["to_span"]), []).append(link["from_span"])
    return found


class _Session:
    """Makes the spans of one session."""

    def __init__(
        self,
        session: str,
        facts: Row,
        waits: Mapping[tuple[str, int], list[int]],
        agents: Mapping[tuple[str, int], Row],
        redaction: Redaction | None,
    ) -> None:
        self._session, self._facts = session, facts
        self._waits, self._agents = waits, agents
        self._redaction = redaction
        self._shown = redaction.hashed("session", session) if redaction else session
        self._trace_id = _hex(self._shown, 16)

    def span(self, row: Row) -> Row:
        """One row of the table of spans."""
        row = self._hidden({**row, "kind": _kind(row), **self._agent(row["span"])})
        found: Row = {
            "traceId": self._trace_id,
            "spanId": self._id(row["span"]),
            "name": _name(row),
            "kind": _CLIENT if row["kind"] == SpanKind.REQUEST else _INTERNAL,
            "startTimeUnixNano": str(row["start_ns"]),
            "attributes": _attributes({**self._place(row), **_told(row)}),
            "status": {"code": _STATUS.get(row["status"], 0)},
        }
        if not _is_root(row):
            found["parentSpanId"] = self._id(row["parent"])
        if row["status"] != Status.UNFINISHED:
            found["endTimeUnixNano"] = str(row["end_ns"])
        if waits := self._waits.get((self._session, row["span"])):
            found["links"] = [self._link(before) for before in waits]
        return found

    def _agent(self, span: int) -> Row:
        """The agent whose lane the span holds, if it holds one."""
        held = self._agents.get((self._session, span), {})
        return {"agent_name": held.get("name"), "agent_id": held.get("source_id")}

    def _hidden(self, row: Row) -> Row:
        """Words as hashes, where that is asked for."""
        if self._redaction is None:
            return row
        hidden = {name: self._redaction.name(row[name]) for name in _WORDS if row[name] is not None}
        return {**row, **hidden}

    def _id(self, span: int) -> str:
        return _hex(f"{self._shown}/{span}", 8)

    def _link(self, before: int) -> Row:
        follows = _attributes({"opentracing.ref_type": "follows_from"})
        return {"traceId": self._trace_id, "spanId": self._id(before), "attributes": follows}

    def _place(self, row: Row) -> Row:
        """Which session it is of; roots say what is known of that."""
        if _is_root(row):
            facts = {f"agenttrace.{name}": self._facts[name] for name in _FACTS}
            if self._redaction is not None:
                facts = {name: self._redaction.name(word) for name, word in facts.items() if word is not None}
            return {"gen_ai.conversation.id": self._shown, **facts}
        return {"gen_ai.conversation.id": self._shown} if row["kind"] == SpanKind.REQUEST else {}


def _kind(row: Row) -> str:
    """What a span is. The server's view of a client's request, which lies inside it, is one of that request too."""
    asked = row["kind"] == SpanKind.OTHER and row["queue_ns"] is not None
    return SpanKind.REQUEST if asked else str(row["kind"])


def _is_root(row: Row) -> bool:
    """The session's own span, the first, only holds the others, and is not written."""
    return not row["parent"]


def _name(row: Row) -> str:
    """Operation and object, as the conventions have it."""
    operation = _OPERATION.get(row["kind"], "")
    about = {SpanKind.REQUEST: row["model"], SpanKind.AGENT: row["agent_name"]}.get(row["kind"], row["name"])
    return " ".join(filter(None, (operation, about))) or row["kind"]


def _told(row: Row) -> Row:
    """Everything else that is known of a span; null where it is not."""
    kind = row["kind"]
    told: Row = {
        "agenttrace.kind": kind,
        "agenttrace.purpose": row["purpose"],
        "agenttrace.own_phase": row["own_phase"],
        "agenttrace.background": None if row["blocking"] else True,
        "gen_ai.operation.name": _OPERATION.get(kind),
        "error.type": row["error"],
        "request.outcome": "cancelled" if row["status"] == Status.CANCELLED else None,
        **{name: row[column] for column, name in _COUNTS.items()},
        **_evidence(row),
    }
    if kind == SpanKind.REQUEST:
        told |= _request(row)
    elif kind == SpanKind.TOOL:
        told["gen_ai.tool.name"] = row["name"]
    elif kind == SpanKind.AGENT:
        told |= {"gen_ai.agent.name": row["agent_name"], "gen_ai.agent.id": row["agent_id"]}
    return told


def _request(row: Row) -> Row:
    told = {
        name: row[column] / unit for column, (name, unit) in _DURATIONS.items() if row[column] is not None
    }
    first, decode = row["first_token_ns"], row["decode_ns"]
    if first is not None:
        told["gen_ai.response.time_to_first_chunk"] = (first - row["start_ns"]) / _S
    if decode is not None and (first is None or decode != row["end_ns"] - first):
        told["gen_ai.latency.time_in_model_decode"] = decode / _S
    if row["output_quality"] == TokenQuality.PLACEHOLDER:
        told[_COUNTS["output_tokens"]] = None
    return {
        **told,
        "gen_ai.request.model": row["model"],
        "gen_ai.response.id": row["request_id"],
        "x_request_id": row["client_request_id"],
        "kv_hit_rate": row["kv_hit_rate"],
    }


def _evidence(row: Row) -> Row:
    """How times are known that are not measured."""
    told = ((name, row[f"{name}_evidence"]) for name in _EVIDENCE)
    return {
        f"agenttrace.{name}.evidence": known
        for name, known in told
        if known not in (None, Evidence.MEASURED, Evidence.UNKNOWN)
    }


def _attributes(values: Row) -> list[Row]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: object) -> Row:
    match value:
        case bool():
            return {"boolValue": value}
        case int() if value <= _LARGEST:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"stringValue": str(value)}


def _hex(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
