"""Small runs, written a step at a time: instants in seconds after T0."""

from __future__ import annotations

import json
from typing import Any

from unit.ingest.readings import Reading, Row, read_content

T0_S = 1_795_000_000
T0 = T0_S * 10**9
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 9,
    "cached_tokens": 64,
    "reasoning_tokens": 0,
    "total_tokens": 129,
}


def step(at: float | None, event_type: str, uuid: str, parent: str = "root", **changes: Any) -> Row:
    """A step. Changes of its payload; `ancestry` is beside it."""
    ancestry = changes.pop("ancestry", {"function_id": "root", "function_name": "root", "parent_id": None})
    payload = {
        "event_type": event_type,
        "event_timestamp": None if at is None else T0_S + at,
        "span_event_timestamp": None,
        "name": f"name of {uuid}",
        "UUID": uuid,
    }
    return {"parent_id": parent, "function_ancestry": ancestry, "payload": payload | changes}


def call(
    start: float, end: float, category: str, uuid: str, parent: str = "root", **changes: Any
) -> list[Row]:
    """Start and end of a call. Changes of both; `usage` of the end alone."""
    usage = changes.pop("usage", None)
    return [
        step(start, f"{category}_START", uuid, parent, **changes),
        step(
            end,
            f"{category}_END",
            uuid,
            parent,
            span_event_timestamp=T0_S + start,
            usage_info={"token_usage": usage} if usage else None,
            **changes,
        ),
    ]


def flat(*given: Any) -> list[Row]:
    """Steps, and lists of them, as one list."""
    return [one for each in given for one in (each if isinstance(each, list) else [each])]


def requests(*runs: list[Row]) -> list[Row]:
    """The profiler's file."""
    return [{"request_number": number, "intermediate_steps": steps} for number, steps in enumerate(runs)]


def read_steps(*given: Any) -> Reading:
    """What is read from one run in the profiler's file."""
    return read_document(requests(flat(*given)))


def read_document(value: Any) -> Reading:
    return read_content("nat", json.dumps(value, indent=1).encode())
