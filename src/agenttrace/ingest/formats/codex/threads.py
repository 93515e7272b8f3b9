"""Threads: what the first record of a rollout says of the one that it holds.

A subagent is a thread of its own, in a file of its own, and names its parent in one of two places. A fork
names the thread that it was copied from; a subagent may be a fork too, of its parent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_NS_IN_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Thread:
    """One lane. `history_ends`: the ordinal of the first record that is its own, where that is told."""

    id: str
    parent: str | None = None
    forked_from: str | None = None
    session: str | None = None
    subagent: bool = False
    created_ns: int | None = None
    name: str | None = None
    role: str | None = None
    version: str | None = None
    history_ends: int | None = None

    @property
    def session_key(self) -> str:
        """The key of its rows; a subagent's is tied to that of its parent."""
        return session_key(self.id)

    @property
    def copied(self) -> bool:
        """Whether its file may begin with the history of another thread."""
        return self.forked_from is not None or self.parent is not None


def session_key(thread_id: str) -> str:
    """The key of the rows of a thread."""
    return f"codex:{thread_id}"


def read_thread(body: dict[str, Any]) -> Thread | None:
    """The thread that a `session_meta` tells of; None if it names none."""
    name = fields.text(body.get("id")) or fields.text(body.get("session_id"))
    if name is None:
        return None
    source = body.get("source")
    subagent = source.get("subagent") if isinstance(source, dict) else None
    spawn = subagent.get("thread_spawn") if isinstance(subagent, dict) else None
    spawn = spawn if isinstance(spawn, dict) else {}
    parent = _first(spawn.get("parent_thread_id"), body.get("parent_thread_id"))
    return Thread(
        id=name,
        parent=parent if parent != name else None,
        forked_from=_first(body.get("forked_from_id")),
        session=_first(body.get("session_id")),
        subagent=bool(subagent or parent or body.get("thread_source") == "subagent"),
        created_ns=born_ns(name) or fields.instant_from_iso(body.get("timestamp")),
        name=_first(*(of.get(key) for key in ("agent_path", "agent_nickname") for of in (body, spawn))),
        role=_first(body.get("agent_role"), body.get("agent_type"), spawn.get("agent_role"), subagent),
        version=_first(body.get("cli_version")),
        history_ends=fields.count(body.get("subagent_history_start_ordinal")),
    )


def born_ns(identifier: str | None) -> int | None:
    """When an id was made: threads and turns are named by UUIDs of version 7, which begin with the time."""
    if identifier is None or not _UUID7.fullmatch(identifier):
        return None
    return fields.instant(int(identifier[:8] + identifier[9:13], 16) * _NS_IN_MS)


def _first(*values: Any) -> str | None:
    return next((found for value in values if (found := fields.text(value))), None)
