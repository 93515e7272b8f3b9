"""Small trajectories, written a step at a time: instants in seconds after T0."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from unit.ingest.readings import Reading, Row, read_content

T0_S = 1_795_000_000
T0 = T0_S * 10**9
METRICS = {"prompt_tokens": 100, "completion_tokens": 9, "cached_tokens": 64}


def step(at: float | None, source: str, **fields: Any) -> Row:
    """A step; its number comes from its place."""
    when = {} if at is None else {"timestamp": datetime.fromtimestamp(T0_S + at, UTC).isoformat()}
    return {**when, "source": source, "message": "said", **fields}


def answer(at: float | None, *calls: str | Row, results: list[Row] | None = None, **fields: Any) -> Row:
    """An agent's step with metrics, and calls by their ids; each has a result unless they are given."""
    made = [call(one) if isinstance(one, str) else one for one in calls]
    given = (
        [{"source_call_id": one["tool_call_id"], "content": "out"} for one in made]
        if results is None
        else results
    )
    body = {"tool_calls": made} if made else {}
    seen = {"observation": {"results": given}} if given else {}
    return step(at, "agent", **({"metrics": METRICS} | body | seen | fields))


def call(call_id: str, name: str = "bash", **fields: Any) -> Row:
    return {"tool_call_id": call_id, "function_name": name, "arguments": {}, **fields}


def ran(start: float, end: float, **fields: Any) -> Row:
    """`extra` with the time of an invocation."""
    return {"invocation": {"start_timestamp": T0_S + start, "end_timestamp": T0_S + end, **fields}}


def trajectory(*steps: Row, name: str = "coder", session: str | None = "s1", **fields: Any) -> Row:
    extra = fields.pop("agent_extra", None)
    agent = {"name": name, "version": "1", "model_name": "tiny"} | ({"extra": extra} if extra else {})
    numbered = [{"step_id": number, **one} for number, one in enumerate(steps, start=1)]
    named = {"session_id": session} if session else {}
    return {"schema_version": "ATIF-v1.6", **named, "agent": agent, "steps": numbered, **fields}


def read_value(value: Any) -> Reading:
    return read_content("atif", json.dumps(value, indent=1).encode())
