"""Whose row it is: four generations of `agent_context`, in which `session_id` changed its meaning.

It names the whole run beside a `trajectory_id`, and one agent's chain where it stands alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

FIELDS = (
    "session_id",
    "parent_session_id",
    "trajectory_id",
    "parent_trajectory_id",
    "program_id",
    "parent_program_id",
    "workflow_id",
)
_ROOT_HEADER = "x-claude-code-session-id"
_AGENT_HEADER = "x-claude-code-agent-id"


@dataclass(slots=True)
class Owner:
    """An agent's chain, as rows of one identity name it.

    `run` is null where the run is the tree over the chains' parents. `asked`: it made a request.
    `roots`: runs that Claude Code's headers name. `own_parent_at`: the line that names the chain as its own parent.
    """

    chain: str
    parent: str | None
    run: str | None
    session_key: str
    asked: bool = False
    roots: set[str] = field(default_factory=set)
    own_parent_at: int | None = None


def key_of(name: str) -> str:
    """The session key of a run or chain."""
    return f"dynamo:{name}"


class Owners:
    """The chains of one source, and what its rows say of them together."""

    def __init__(self, recorder: Recorder) -> None:
        """Knows no chain yet."""
        self._recorder = recorder
        self._by_identity: dict[tuple[Hashable, ...], Owner | None] = {}

    def of(self, context: dict[str, Any], line: int) -> Owner | None:
        """The owner that an `agent_context` (or a flat row) names; None if it names none that is usable."""
        identity = tuple(map(context.get, FIELDS))
        try:
            return self._by_identity[identity]
        except (KeyError, TypeError):  # not seen before; or a list or an object where an id should be
            return self._named(identity, line)

    def known(self, context: dict[str, Any]) -> Owner | None:
        """The owner, if a row before named it so."""
        try:
            return self._by_identity.get(tuple(map(context.get, FIELDS)))
        except TypeError:  # a list or an object where an id should be
            return None

    def _named(self, identity: tuple[Any, ...], line: int) -> Owner | None:
        names = tuple(map(fields.text, identity))
        if any(value is not None and name is None for value, name in zip(identity, names, strict=True)):
            self._recorder.finding(
                "identity_unusable", Severity.WARNING, "an id in agent_context is no text", line=line
            )
        if names in self._by_identity:
            return self._by_identity[names]
        owner = _owner(names)
        if owner is not None and owner.parent == owner.chain:
            owner.own_parent_at = line
            owner.parent = None
        self._by_identity[names] = owner
        return owner

    def note_headers(self, owner: Owner, headers: Any) -> None:
        """Claude Code's own headers name the run even where the chains between are missing."""
        if type(headers) is not dict:
            return
        root, agent = (_first(headers.get(name)) for name in (_ROOT_HEADER, _AGENT_HEADER))
        if root and agent == owner.chain and owner.run is None:
            owner.roots.add(root)

    def leave(self) -> Mapping[tuple[Hashable, ...], Owner | None]:
        """What is known, for another to absorb."""
        return self._by_identity

    def absorb(self, known: Mapping[tuple[Hashable, ...], Owner | None], lines_before: int) -> None:
        """Knows what another knew of rows so many lines later, too."""
        for names, owner in known.items():
            if owner is not None and owner.own_parent_at is not None:
                owner.own_parent_at += lines_before
            mine = self._by_identity.setdefault(names, owner)
            if mine is not None and owner is not None:
                mine.asked |= owner.asked
                mine.roots |= owner.roots

    def record(self) -> None:
        """Records agents, sessions and what belongs together, once all rows are read."""
        chains: dict[tuple[str, str], list[Owner]] = {}
        for owner in self._by_identity.values():
            if owner is None:
                continue
            if owner.own_parent_at is not None:
                example = "a chain that is its own parent"
                self._recorder.finding("own_parent", Severity.WARNING, example, line=owner.own_parent_at)
            chains.setdefault((owner.session_key, owner.chain), []).append(owner)
        if not chains:
            return
        names = ("session_key", "agent_key", "parent_agent_key", "main")
        agents = zip(*map(self._agent, chains.values()), strict=True)
        columns = dict(zip(names, agents, strict=True))
        self._recorder.extend_agents({**columns, "source_id": columns["agent_key"]})
        # Every chain may be the main one: assembly takes the name from the one that is.
        runs = [one.run or one.chain for one, *_ in chains.values()]
        self._recorder.extend_sessions({"session_key": columns["session_key"], "source_id": runs})

    def _agent(self, same: list[Owner]) -> tuple[str, str, str | None, bool | None]:
        """One chain, from all the identities that name it: some rows leave the parent out."""
        one = same[0]
        parents = sorted({owner.parent for owner in same if owner.parent})
        if len(parents) > 1:
            example = "a chain of which rows name several parents"
            self._recorder.finding("two_parents", Severity.WARNING, example)
        if not one.run:
            roots = set[str]().union(*(owner.roots for owner in same))
            for name in sorted(roots.union(parents) - {one.chain}):
                self._recorder.same_session(one.session_key, key_of(name))
        main = True if one.run and not parents and any(owner.asked for owner in same) else None
        return one.session_key, one.chain, parents[0] if parents else None, main


def _owner(names: tuple[str | None, ...]) -> Owner | None:
    session, parent_session, trajectory, parent_trajectory, program, parent_program, workflow = names
    if program:
        chain, parent, run = program, parent_program, workflow
    elif trajectory:
        chain, parent, run = trajectory, parent_trajectory, session
    elif session:
        chain, parent, run = session, parent_session, None
    elif workflow:
        chain, parent, run = workflow, None, workflow
    else:
        return None
    return Owner(chain, parent, run, key_of(run or chain))


def _first(values: Any) -> str | None:
    return fields.text(values[0]) if type(values) is list and values else None
