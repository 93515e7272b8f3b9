"""Small event streams, written an event at a time: instants in seconds after T0."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from unit.ingest.readings import Reading, Row, lines, read_content

T0_S = 1_795_000_000
T0 = T0_S * 10**9


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(T0_S + seconds, UTC).isoformat()


def event(phase: str, at: Any, uuid: str, category: str = "function", **changes: Any) -> Row:
    """The start or the end of a scope; `at`: seconds, or a timestamp as it is written."""
    return {
        "kind": "scope",
        "scope_category": phase,
        "atof_version": "0.1",
        "uuid": uuid,
        "parent_uuid": None,
        "timestamp": stamp(at) if isinstance(at, (int, float)) and at < 10**6 else at,
        "name": f"name of {uuid}",
        "attributes": [],
        "category": category,
        "category_profile": None,
        "data": None,
        "metadata": None,
    } | changes


def scope(
    start: float, end: float | None, uuid: str, category: str, parent: str | None, **changes: Any
) -> list[Row]:
    """Both events of a scope. Changes of both; `end_data` and `end_metadata` of the end alone."""
    data, metadata = changes.pop("end_data", None), changes.pop("end_metadata", None)
    made = [event("start", start, uuid, category, parent_uuid=parent, **changes)]
    if end is not None:
        last = event("end", end, uuid, category, parent_uuid=parent, **changes)
        last |= {"data": data or last["data"], "metadata": metadata or last["metadata"]}
        made.append(last)
    return made


def mark(at: float, parent: str | None, name: str, data: Row | None = None) -> Row:
    return {
        "kind": "mark",
        "atof_version": "0.1",
        "uuid": f"mark-{name}-{at}",
        "parent_uuid": parent,
        "timestamp": stamp(at),
        "name": name,
        "data": data,
    }


def read_events(*events: Any) -> Reading:
    """What is read from events, or lists of them."""
    flat = [one for given in events for one in (given if isinstance(given, list) else [given])]
    return read_content("atof", lines(flat))
