"""One line of either version as a row with its dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.blocks import block_hashes
from agenttrace.ingest.workload.rows import Hashes, Values
from agenttrace.model.vocabulary import LinkKind, Severity, Status


class Dependency(NamedTuple):
    """`request_id` has ended (`dispatch`: was sent), and `delay_ns` have passed. `rule`: the field that says so."""

    request_id: str
    delay_ns: int
    kind: LinkKind
    rule: str
    dispatch: bool = False


class ToolEvent(NamedTuple):
    """A tool call before the request, beginning `offset_ns` after the first of them."""

    call_id: str | None
    name: str | None
    offset_ns: int
    length_ns: int
    status: str | None
    output_tokens: int | None


@dataclass(slots=True)
class Row:
    """What a line says. `lane`: the agent that sends it; `play`: its session, which version 1 does not name.

    `tool_wait_ns`: of version 1, the part of the pause in which the tools run.
    """

    line: int
    request_id: str
    play: str | None
    lane: str | None
    model: str | None
    not_before_ns: int | None
    length_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    priority: int | None
    hashes: Hashes | None
    dependencies: list[Dependency]
    tool_wait_ns: int = 0
    tools: tuple[ToolEvent, ...] = ()


_RELATIONS = {
    "sequence": LinkKind.CONTINUES,
    "spawn": LinkKind.SPAWNS,
    "join": LinkKind.JOINS,
    "replay_barrier": LinkKind.FEEDS,
}
_STATUS = {
    "succeeded": Status.OK,
    "ok": Status.OK,
    "error": Status.ERROR,
    "failed": Status.ERROR,
    "cancelled": Status.CANCELLED,
}


def row_of(recorder: Recorder, value: Mapping[str, Any], line: int) -> Row | None:
    """The row, or None where it has no id by which others could wait for it."""
    values = Values(recorder, value, line)
    request_id = fields.text(value.get("request_id"))
    if request_id is None:
        return None
    hashes = block_hashes(value.get("hash_ids"))
    if hashes is None and value.get("hash_ids") is not None:
        values.unusable("hash_ids", "a list of block hashes")
    row = Row(
        line=line,
        request_id=request_id,
        play=values.text("play_id"),
        lane=values.text("session_id"),
        model=values.text("model"),
        not_before_ns=values.offset_ms("not_before_ms", "timestamp", "created_time"),
        length_ns=values.duration_ms("recorded_api_time_ms"),
        input_tokens=values.count("input_length", "input_tokens"),
        output_tokens=values.count("output_length", "output_tokens"),
        priority=values.priority("priority"),
        hashes=None if hashes is None else np.array(hashes, dtype=np.uint64),
        dependencies=_dependencies(recorder, value.get("dependencies"), line),
    )
    if row.play is None:
        _add_first_version(recorder, row, value, values)
    return row


def _dependencies(recorder: Recorder, value: Any, line: int) -> list[Dependency]:
    if value is None:
        return []
    found = [_dependency(item) for item in value] if type(value) is list else [None]
    known = [dependency for dependency in found if dependency is not None]
    if len(known) < len(found):
        recorder.finding(
            "dependency_unusable",
            Severity.WARNING,
            "a dependency without a request, or with a delay that is none: left out",
            line=line,
            count=len(found) - len(known),
        )
    return known


def _dependency(value: Any) -> Dependency | None:
    if type(value) is not dict:
        return None
    request_id = fields.text(value.get("request_id"))
    delay_ns = fields.duration_from_ms(value.get("delay_ms", 0))
    if request_id is None or delay_ns is None:
        return None
    relation = value.get("relation")
    known = relation if type(relation) is str and relation in _RELATIONS else "sequence"
    dispatch = value.get("trigger") == "dispatch"
    return Dependency(request_id, delay_ns, _RELATIONS[known], f"dependencies.{known}", dispatch)


def _add_first_version(recorder: Recorder, row: Row, value: Mapping[str, Any], values: Values) -> None:
    """Version 1: all of `wait_for` have ended, then `delay` and `tool_wait_ms` pass."""
    wait_for = value.get("wait_for")
    ids = [fields.text(item) for item in wait_for] if type(wait_for) is list else []
    if None in ids or (wait_for is not None and type(wait_for) is not list):
        values.unusable("wait_for", "a list of requests")
    known = [name for name in ids if name is not None]
    row.tool_wait_ns = values.duration_ms("tool_wait_ms") or 0
    delay_ns = (values.duration_ms("delay", "delay_ms") or 0) + row.tool_wait_ns
    kind = LinkKind.JOINS if len(known) > 1 else LinkKind.CONTINUES
    row.dependencies += [Dependency(name, delay_ns, kind, "wait_for") for name in known]
    row.tools = _tools(recorder, value.get("tool_events"), row)


def _tools(recorder: Recorder, value: Any, row: Row) -> tuple[ToolEvent, ...]:
    """Tool events with their measured lengths; where there are none, the wait for tools is one without a name."""
    events = [item for item in value if type(item) is dict] if type(value) is list else []
    starts = [fields.instant_from_ms(event.get("started_at_unix_ms")) for event in events]
    known = [start for start in starts if start is not None]
    found = [
        tool
        for event, start in zip(events, starts, strict=True)
        if (tool := _tool(event, 0 if start is None else start - min(known))) is not None
    ]
    if len(found) < (len(value) if type(value) is list else 0):
        example = "a tool event without a duration: left out"
        recorder.finding("tool_unusable", Severity.WARNING, example, line=row.line)
    if not found and row.tool_wait_ns:
        return (ToolEvent(None, None, 0, row.tool_wait_ns, None, None),)
    return tuple(found)


def _tool(event: Mapping[str, Any], offset_ns: int) -> ToolEvent | None:
    length_ns = fields.duration_from_ms(event.get("duration_ms"))
    if length_ns is None:
        return None
    status = event.get("status")
    return ToolEvent(
        fields.text(event.get("tool_call_id")),
        fields.text(event.get("tool_class")),
        offset_ns,
        length_ns,
        _STATUS.get(status) if type(status) is str else None,
        fields.count(event.get("output_tokens")),
    )
