"""Jaeger's JSON as a trace, the way its own tools read it: roots hold sessions, all else is a tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import SpanKind
from timeline import trace_of

US = 1_000
Json = Mapping[str, Any]


def trace_from(spans: Sequence[Json], processes: Mapping[str, Json]) -> Trace:
    """Several roots, or parents that are missing, get a session around all of them."""
    ids = {span["spanID"]: span for span in spans}
    parents = {name: _parent(span, ids) for name, span in ids.items()}
    roots = [name for name, parent in parents.items() if parent is None]
    rows = [_row(span, processes) for span in spans]
    if len(roots) == 1:
        rows.sort(key=lambda row: row["source_id"] != roots[0])
    else:
        around = {"start_ns": min(r["start_ns"] for r in rows), "end_ns": max(r["end_ns"] for r in rows)}
        rows.insert(0, {"source_id": None, "name": "session", **around})
    numbers = {row["source_id"]: number for number, row in enumerate(rows)}
    for number, row in enumerate(rows):
        parent = parents.get(row["source_id"])
        row["span"] = number
        row["kind"] = (SpanKind.TOOL if number else SpanKind.SESSION).value
        row["parent"] = None if not number else numbers[parent] if parent else 0
        row["blocking"] = not (parent and _is_handed_over(ids[row["source_id"]], ids[parent]))
    return trace_of(rows)


def _row(span: Json, processes: Mapping[str, Json]) -> dict[str, Any]:
    service = processes[span["processID"]]["serviceName"]
    return {
        "source_id": span["spanID"],
        "name": f"[{service}] {span['operationName']}",
        "start_ns": span["startTime"] * US,
        "end_ns": (span["startTime"] + span["duration"]) * US,
    }


def _parent(span: Json, known: Mapping[str, Json]) -> str | None:
    references = [reference["spanID"] for reference in span.get("references", ())]
    return next((name for name in references if name in known), None)


def _is_handed_over(span: Json, parent: Json) -> bool:
    """A message that a consumer takes from a queue: its producer does not wait for it."""
    return _kind(parent) == "producer" and _kind(span) == "consumer"


def _kind(span: Json) -> str | None:
    return next((tag["value"] for tag in span.get("tags", ()) if tag["key"] == "span.kind"), None)
