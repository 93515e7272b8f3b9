"""What is known of a span, as attributes: of the GenAI conventions where these have one, else our own."""

from __future__ import annotations

from typing import Any

from agenttrace.model.otel_attributes import AGENT_TYPE, BACKGROUND, EVIDENCE, FACTS, KIND, OWN_PHASE, PURPOSE
from agenttrace.model.vocabulary import Evidence, SpanKind, Status, TokenQuality

Row = dict[str, Any]

_S, _MS = 1e9, 1e6
_OPERATION = {
    SpanKind.AGENT: "invoke_agent",
    SpanKind.REQUEST: "chat",
    SpanKind.TOOL: "execute_tool",
}
_OUTPUT = "output_tokens"
_COUNTS = {
    "input_tokens": "gen_ai.usage.input_tokens",
    _OUTPUT: "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "attempt": "attempt",
    "queue_depth": "queue_depth",
    "worker": "decode_worker_id",
    "prefill_worker": "prefill_worker_id",
}
_WORDS = {
    "model": "gen_ai.request.model",
    "request_id": "gen_ai.response.id",
    "client_request_id": "x_request_id",
    "kv_hit_rate": "kv_hit_rate",
}
_DURATIONS = {
    "queue_ns": ("gen_ai.latency.time_in_queue", _S),
    "prefill_ns": ("gen_ai.latency.time_in_model_prefill", _S),
    "decode_ns": ("gen_ai.latency.time_in_model_decode", _S),
    "itl_ns": ("avg_itl_ms", _MS),
}
_FIRST_TOKEN = "gen_ai.response.time_to_first_chunk"
_OF_REQUESTS = frozenset({*_COUNTS, *_WORDS, *_DURATIONS, "first_token_ns"})
_ALWAYS = frozenset({"name", "start_ns", "end_ns", "status", "error", "output_quality", "tool_output_tokens"})
_NOTHING = ""


def is_root(row: Row) -> bool:
    """The session's own span, the first, only holds the others, and is not written."""
    return not row["parent"]


def name_of(row: Row) -> str:
    """Operation and object, as the conventions have it."""
    operation = _OPERATION.get(row["kind"], "")
    about = {SpanKind.REQUEST: row["model"], SpanKind.AGENT: row["agent_name"]}.get(row["kind"], row["name"])
    return " ".join(filter(None, (operation, about))) or row["kind"]


def told_of_span(row: Row) -> Row:
    """The attributes of one row of spans, with `agent_name` and what else is told of an agent; null if not known."""
    kind = row["kind"]
    told: Row = {
        KIND: kind,
        PURPOSE: row["purpose"],
        OWN_PHASE: row["own_phase"],
        BACKGROUND: None if row["blocking"] else True,
        "gen_ai.operation.name": _OPERATION.get(kind),
        "error.type": row["error"] if row["status"] == Status.ERROR else None,
        "request.outcome": "cancelled" if row["status"] == Status.CANCELLED else None,
        **_evidence(row),
    }
    if kind == SpanKind.REQUEST:
        told |= _request(row)
    elif kind == SpanKind.TOOL:
        told |= {"gen_ai.tool.name": row["name"], "result_tokens": row["tool_output_tokens"]}
    elif kind == SpanKind.AGENT:
        told |= {"gen_ai.agent.name": row["agent_name"], "gen_ai.agent.id": row["agent_id"]}
        told |= {AGENT_TYPE: row["agent_type"], **row["agent_place"]}
    return {**told, **_own(row)}


def _request(row: Row) -> Row:
    told = {name: row[column] for column, name in (*_COUNTS.items(), *_WORDS.items())}
    told |= {
        name: row[column] / unit for column, (name, unit) in _DURATIONS.items() if row[column] is not None
    }
    if row["first_token_ns"] is not None:
        told[_FIRST_TOKEN] = (row["first_token_ns"] - row["start_ns"]) / _S
    if row["output_quality"] == TokenQuality.PLACEHOLDER:
        told[_COUNTS[_OUTPUT]] = None
    return told


def _evidence(row: Row) -> Row:
    """How times are known that are not measured."""
    told = {name: row[f"{bound}_evidence"] for bound, name in EVIDENCE.items()}
    return {name: known for name, known in told.items() if known != Evidence.MEASURED}


def _own(row: Row) -> Row:
    """The facts that the conventions have no name for, or would have read into the rest of the span."""
    request = row["kind"] == SpanKind.REQUEST
    ours = (name for name in FACTS if name not in _ALWAYS and not (request and name in _OF_REQUESTS))
    told = {FACTS[name]: row[name] for name in ours}
    told |= {FACTS[name]: 0 for name in ("start_ns", "end_ns") if row[name] == 0}
    if row["status"] == Status.UNFINISHED:
        told[FACTS["status"]] = row["status"]
    if row["status"] != Status.ERROR:
        told[FACTS["error"]] = row["error"]
    if row["kind"] != SpanKind.TOOL or row["name"] is None:
        told[FACTS["name"]] = row["name"] or _NOTHING
    if row["kind"] != SpanKind.TOOL:
        told[FACTS["tool_output_tokens"]] = row["tool_output_tokens"]
    if request:
        told |= _of_request(row)
    elif row["output_quality"] is not None:
        told[FACTS["output_quality"]] = row["output_quality"]
    return told


def _of_request(row: Row) -> Row:
    told: Row = {}
    if row["first_token_ns"] is not None and row["decode_ns"] is None:
        told[FACTS["decode_ns"]] = _NOTHING
    quality = row["output_quality"]
    if quality != (TokenQuality.FINAL if row[_OUTPUT] is not None else None):
        told[FACTS["output_quality"]] = quality or _NOTHING
    if quality == TokenQuality.PLACEHOLDER:
        told[FACTS[_OUTPUT]] = row[_OUTPUT]
    return told
