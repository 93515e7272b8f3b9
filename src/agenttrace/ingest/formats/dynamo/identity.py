"""Whose row it is: four generations of `agent_context`, in which `session_id` changed its meaning.

It names the whole run beside a `trajectory_id`, and one agent's chain where it stands alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_FIELDS = (
    "session_id",
    "parent_session_id",
    "trajectory_id",
    "parent_trajectory_id",
    "program_id",
    "parent_program_id",
    "workflow_id",
)
_SESSION, _PARENT_SESSION, _TRAJECTORY, _PARENT_TRAJECTORY, _PROGRAM, _PARENT_PROGRAM, _WORKFLOW = range(7)
_ROOT_HEADER = "x-claude-code-session-id"
_AGENT_HEADER = "x-claude-code-agent-id"


@dataclass(slots=True)
class Owner:
    """An agent's chain. `run` is null where the run is the tree over the chains' parents."""

    chain: str
    parent: str | None
    run: str | None
    session_key: str = field(init=False)
    asked: bool = False
    roots: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.session_key = key_of(self.run or self.chain)


def key_of(name: str) -> str:
    """The session key of a run or chain."""
    return f"dynamo:{name}"


class Owners:
    """The chains of one source, and what its rows say of them together."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._by_identity: dict[tuple[Hashable, ...], Owner | None] = {}

    def of(self, context: dict[str, Any], line: int) -> Owner | None:
        """The owner that an `agent_context` (or a flat row) names; None if it names none that is usable."""
        identity = tuple(map(context.get, _FIELDS))
        try:
            return self._by_identity[identity]
        except KeyError:
            owner = self._by_identity[identity] = self._named(identity, line)
            return owner
        except TypeError:  # a list or an object where an id should be
            return self._named(identity, line)

    def _named(self, identity: tuple[Any, ...], line: int) -> Owner | None:
        names = [fields.text(value) for value in identity]
        if any(value is not None and name is None for value, name in zip(identity, names, strict=True)):
            self._recorder.finding(
                "identity_unusable", Severity.WARNING, "an id in agent_context is no text", line=line
            )
        chain, parent, run = _chain_of(names)
        if chain is None:
            return None
        if parent == chain:
            self._recorder.finding("own_parent", Severity.WARNING, "a chain that is its own parent", line=line)
            parent = None
        owner = Owner(chain, parent, run)
        if not all(isinstance(value, Hashable) for value in identity):
            clean = tuple(names)
            owner = self._by_identity.setdefault(clean, owner) or owner
        return owner

    def note_headers(self, owner: Owner, headers: Any) -> None:
        """Claude Code's own headers name the run even where the chains between are missing."""
        if type(headers) is not dict:
            return
        root, agent = (_first(headers.get(name)) for name in (_ROOT_HEADER, _AGENT_HEADER))
        if root and agent == owner.chain and owner.run is None:
            owner.roots.add(root)

    def record(self) -> None:
        """Records agents, sessions and what belongs together, once all rows are read."""
        merged: dict[tuple[str, str], Owner] = {}
        for owner in self._by_identity.values():
            if owner is not None:
                same = merged.setdefault((owner.session_key, owner.chain), owner)
                same.parent = same.parent or owner.parent
                same.asked = same.asked or (owner.asked and owner.parent is None)
                same.roots |= owner.roots
        for owner in merged.values():
            self._record(owner)

    def _record(self, owner: Owner) -> None:
        top = owner.parent is None
        self._recorder.agent(
            session_key=owner.session_key,
            agent_key=owner.chain,
            parent_agent_key=owner.parent,
            main=True if top and owner.asked and owner.run is not None else None,
            source_id=owner.chain,
        )
        if owner.run is not None:
            self._recorder.session(session_key=owner.session_key, source_id=owner.run)
            return
        if top:
            self._recorder.session(session_key=owner.session_key, source_id=owner.chain)
        else:
            self._recorder.same_session(owner.session_key, key_of(str(owner.parent)))
        for root in owner.roots:
            self._recorder.same_session(owner.session_key, key_of(root))


def _chain_of(names: list[str | None]) -> tuple[str | None, str | None, str | None]:
    """Chain, parent chain and run."""
    if names[_PROGRAM]:
        return names[_PROGRAM], names[_PARENT_PROGRAM], names[_WORKFLOW]
    if names[_TRAJECTORY]:
        return names[_TRAJECTORY], names[_PARENT_TRAJECTORY], names[_SESSION]
    if names[_SESSION]:
        return names[_SESSION], names[_PARENT_SESSION], None
    return names[_WORKFLOW], None, names[_WORKFLOW]


def _first(values: Any) -> str | None:
    return fields.text(values[0]) if type(values) is list and values else None
