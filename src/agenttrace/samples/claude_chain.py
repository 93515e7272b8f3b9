"""How the records of a transcript hang together: each names the one before it, a tool's result its call."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from agenttrace.samples.claude_records import FOLDER, VERSION, Record, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agenttrace.samples.identifiers import Identifiers


class Entry(NamedTuple):
    """A record before it has a place; `stamped_ns` is its time where that is not the time of writing."""

    written_ns: int
    body: Record
    chained: bool = True
    opens_call: str | None = None
    answers_call: str | None = None
    breaks_chain: bool = False
    stamped_ns: int | None = None


class Line(NamedTuple):
    """A record as it stands in the file; without `uuid` it is no link of the chain."""

    order_ns: int
    record: Record
    uuid: str | None = None


def link(
    entries: Iterable[Entry],
    ids: Identifiers,
    session_id: str,
    *,
    agent_id: str | None = None,
    parent: str | None = None,
) -> list[Line]:
    """Sort by time of writing and chain; the first record hangs on `parent`."""
    lines: list[Line] = []
    calls: dict[str, str] = {}
    place: Record = {"isSidechain": agent_id is not None} | ({"agentId": agent_id} if agent_id else {})
    for entry in sorted(entries, key=lambda entry: entry.written_ns):
        if not entry.chained:
            lines.append(Line(entry.written_ns, {**entry.body, "sessionId": session_id}))
            continue
        uuid = ids.uuid()
        before = calls[entry.answers_call] if entry.answers_call else parent
        body = dict(entry.body)
        if entry.answers_call:
            body["sourceToolAssistantUUID"] = before
        if "messageCount" in body:
            body["messageCount"] = sum(line.uuid is not None for line in lines)
        if entry.opens_call:
            calls[entry.opens_call] = uuid
        parents: Record = {"parentUuid": before}
        if entry.breaks_chain:
            parents = {"parentUuid": None, "logicalParentUuid": before}
        stamped_ns = entry.written_ns if entry.stamped_ns is None else entry.stamped_ns
        lines.append(
            Line(entry.written_ns, parents | place | body | _tail(uuid, stamped_ns, session_id), uuid)
        )
        parent = uuid
    return lines


def _tail(uuid: str, t_ns: int, session_id: str) -> Record:
    return {
        "uuid": uuid,
        "timestamp": stamp(t_ns),
        "userType": "external",
        "entrypoint": "cli",
        "cwd": FOLDER,
        "sessionId": session_id,
        "version": VERSION,
        "gitBranch": "main",
    }
