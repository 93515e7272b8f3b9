"""Links, marks and agents by attributes of our own, of spans that agenttrace exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Mask, Texts, matches, where
from agenttrace.ingest.telemetry.concepts import holds, holds_any, text
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import Scalar, truths
from agenttrace.ingest.text_columns import joined, taken
from agenttrace.model import otel_attributes
from agenttrace.model.interchange import INFERRED, UNKNOWN
from agenttrace.model.otel_attributes import LINK_FACTS, LINK_KIND, MARK_EVENTS
from agenttrace.model.vocabulary import Evidence, LinkKind

Columns = dict[str, Any]

_KINDS = frozenset(kind.value for kind in LinkKind)
_EVIDENCE = frozenset(known.value for known in Evidence)


def link_facts(own: Mapping[str, Scalar]) -> dict[str, Any]:
    """The columns of RAW_LINKS that a link of ours tells: kind, explicit, rule, confidence, at_ns, delay_ns."""
    told = {name: own.get(attribute) for name, attribute in LINK_FACTS.items()}
    kind, at = own.get(LINK_KIND), fields.integer(told["at_ns"])
    confidence = fields.number(told["confidence"])
    return {
        "kind": kind if kind in _KINDS else LinkKind.CONTINUES.value,
        "explicit": told["explicit"] is not False,
        "rule": fields.text(told["rule"]),
        "confidence": confidence if confidence is not None and 0 <= confidence <= 1 else None,
        "at_ns": at if at is not None and 0 <= at <= fields.LATEST_NS else None,
        "delay_ns": fields.count(told["delay_ns"]),
    }


def marks_of(spans: Spans, columns: Columns) -> Columns | None:
    """Columns of RAW_MARKS: the events that are marks of ours. None where there is none."""
    events = spans.events
    if MARK_EVENTS.keys().isdisjoint(events.names):
        return None
    found = [
        (row, MARK_EVENTS[name].value, time, str(detail or "").split(" "))
        for row, name, time, detail in zip(
            events.rows, events.names, events.times, events.details, strict=True
        )
        if name in MARK_EVENTS and 0 <= time <= fields.LATEST_NS
    ]
    rows = [row for row, *_ in found]
    about = pa.array([words[1] if len(words) > 1 else None for *_, words in found], pa.string())
    return {
        "session_key": taken(columns["session_key"], rows),
        "span_key": taken(columns["span_key"], rows),
        "kind": [kind for _, kind, _, _ in found],
        "t_ns": [time for _, _, time, _ in found],
        "evidence": [words[0] if words[0] in _EVIDENCE else Evidence.MEASURED.value for *_, words in found],
        "refers_to_key": joined("/", taken(spans.trace_id, rows), about),
    }


def agent_facts(spans: Spans, columns: Columns, is_agent: Mask) -> Columns:
    """Columns of RAW_AGENTS, of every span: null where it is none of an agent of ours."""
    ours = is_agent & holds(spans, otel_attributes.KIND)
    if not ours.any():
        return {"spawn_key": columns["parent_key"]}
    stated = text(spans, (otel_attributes.SPAWNED_BY,), ours)
    spawned_by = where(
        stated.is_valid().to_numpy(zero_copy_only=False),
        joined("/", spans.trace_id, stated),
        columns["parent_key"],
    )
    unknown = ours & holds_any(spans, otel_attributes.SPAWN, [UNKNOWN])
    guessed = ours & holds_any(spans, otel_attributes.SPAWN, [INFERRED])
    return {
        "spawn_key": where(~unknown, spawned_by, pa.array([""] * len(spans), pa.string())),
        "spawn_inferred": pa.array(guessed, pa.bool_(), mask=~guessed),
        "type": text(spans, (otel_attributes.AGENT_TYPE,), ours),
        "parent_agent_key": _parent_agents(spans, ours),
        "main": _flags(spans, otel_attributes.MAIN, ours),
        "background": _flags(spans, names.BACKGROUND, ours),
    }


def _parent_agents(spans: Spans, ours: Mask) -> Texts:
    """Of agents that are known by their session's name that, of others their span's key."""
    told = text(spans, (otel_attributes.PARENT_AGENT,), ours)
    return where(matches(told, "^[0-9a-f]{16}$"), joined("/", spans.trace_id, told), told)


def _flags(spans: Spans, name: str, ours: Mask) -> pa.Array[Any]:
    found: list[bool | None] = [None] * len(spans)
    if (attribute := spans.attributes.get(name)) is not None:
        for row, truth in zip(attribute.rows.tolist(), truths(attribute.values).tolist(), strict=True):
            found[row] = bool(truth) if truth in (0, 1) and ours[row] else None
    return pa.array(found, pa.bool_())
