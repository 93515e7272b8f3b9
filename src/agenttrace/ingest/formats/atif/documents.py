"""Trajectories wherever they stand: a document, a list, within an evaluation's entry, inside another one.

Facts of the format: harbor's RFC 0001 (ATIF v1.0 to v1.7) and the models of NVIDIA NeMo Agent Toolkit. Up to v1.6 the
session id names a document; from v1.7 on it names the run, and `trajectory_id` the document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atif.steps import Step, objects, read_steps

SUBAGENTS = "subagent_trajectories"
_SCHEMA = re.compile(r"ATIF-v\d+\.\d+")
_CONTINUED = re.compile(r"(?P<base>.+)-cont-\d+")
_STAMPED_LATE = "terminus"
_DEEPEST = 20

Held = dict[str, Any]


@dataclass(slots=True, eq=False)
class Trajectory:
    """One document. `spawned_ns`: no step of it is earlier, because what started it is not.

    `scoped`: it was made of scopes; what stands as a user's step may be what the program asks a model.
    """

    session: str
    key: str
    lane: str | None
    agent_name: str | None
    model: str | None
    steps: list[Step]
    line: int
    trajectory_id: str | None = None
    own_session: str | None = None
    parent_session: str | None = None
    inside: Trajectory | None = None
    scoped: bool = False
    summarises: bool = False
    continues: bool = False
    stamped_late: bool = False
    continued_in: str | None = None
    schema: str | None = None
    spawned_ns: int | None = None
    children: list[Trajectory] = field(default_factory=list)

    @property
    def session_key(self) -> str:
        """The key of its session."""
        return f"atif:{self.session}"

    @property
    def new_steps(self) -> Iterator[Step]:
        """Its steps but for those that it repeats from another one."""
        return (step for step in self.steps if not step.copied)

    @property
    def is_timed(self) -> bool:
        """Whether any of its new steps says when it was."""
        return any(step.known_ns is not None for step in self.new_steps)

    @property
    def last_ns(self) -> int | None:
        """The last instant that it knows, with those of what is embedded in it."""
        own = [step.known_ns for step in self.new_steps]
        known = [at for at in (*own, *(child.last_ns for child in self.children)) if at is not None]
        return max(known, default=None)


def is_trajectory(value: Any) -> bool:
    """Whether it has the schema's name, or the form: an agent, and steps with numbers and sources."""
    if not isinstance(value, dict) or not isinstance(value.get("agent"), dict):
        return False
    steps = value.get("steps")
    if not isinstance(steps, list):
        return False
    schema = value.get("schema_version")
    if isinstance(schema, str) and _SCHEMA.fullmatch(schema):
        return True
    return any("step_id" in step and "source" in step for step in objects(steps))


def find_trajectories(value: Any) -> Iterator[Held]:
    """Those in a value: itself, its items, or what stands one level deeper."""
    if is_trajectory(value):
        yield value
    elif isinstance(value, list):
        for item in value:
            if is_trajectory(item):
                yield item
            elif isinstance(item, dict):
                yield from filter(is_trajectory, item.values())
    elif isinstance(value, dict):
        yield from (item for item in value.values() if isinstance(item, dict) and is_trajectory(item))


def read_trajectory(held: Held, line: int, inside: Trajectory | None = None, depth: int = 0) -> Trajectory:
    """The trajectory, and those embedded in it."""
    agent, extra = _object(held.get("agent")), _object(_object(held.get("agent")).get("extra"))
    trajectory_id = fields.text(held.get("trajectory_id"))
    own_session = fields.text(held.get("session_id"))
    continues = fields.small_count(extra.get("continuation_index")) or 0
    session = _session(own_session, trajectory_id, held, inside, continues=bool(continues))
    steps = read_steps(held.get("steps"))
    name = fields.text(agent.get("name"))
    scoped = any(step.scope for step in steps)
    found = Trajectory(
        session=session,
        key=f"atif:{session}:{trajectory_id or name}:{continues}",
        lane=_lane(session, trajectory_id, inside, scoped=scoped),
        agent_name=name,
        model=fields.text(agent.get("model_name")),
        steps=steps,
        line=line,
        trajectory_id=trajectory_id,
        own_session=own_session,
        parent_session=fields.text(extra.get("parent_session_id")),
        inside=inside,
        scoped=scoped,
        summarises="summarization_index" in extra,
        continues=bool(continues),
        stamped_late=(name or "").startswith(_STAMPED_LATE),
        continued_in=fields.text(held.get("continued_trajectory_ref")),
        schema=fields.text(held.get("schema_version")),
    )
    if depth < _DEEPEST:
        embedded = filter(is_trajectory, objects(held.get(SUBAGENTS)))
        found.children = [read_trajectory(child, line, found, depth + 1) for child in embedded]
    return found


def base_session(session: str, *, continues: bool = True) -> str:
    """A continuation's session id is that of what it continues, with a number behind it."""
    match = _CONTINUED.fullmatch(session) if continues else None
    return match["base"] if match else session


def _session(
    own: str | None, trajectory_id: str | None, held: Held, inside: Trajectory | None, *, continues: bool
) -> str:
    if own is not None:
        return base_session(own, continues=continues)
    if inside is not None:
        return inside.session
    if trajectory_id is not None:
        return f"trajectory:{trajectory_id}"
    text = json.dumps(held, sort_keys=True, default=str)
    return f"unnamed:{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:16]}"


def lane_of(session: str, trajectory_id: str | None) -> str:
    """The lane of a document, as others that refer to it know it too."""
    return f"atif:{session}:{trajectory_id}" if trajectory_id else f"atif:{session}"


def _lane(session: str, trajectory_id: str | None, inside: Trajectory | None, *, scoped: bool) -> str | None:
    """Documents that were made of scopes leave the lanes of those to the scopes, if they are given as well."""
    if scoped:
        return f"scope:{trajectory_id}" if inside is not None and trajectory_id else None
    return lane_of(session, trajectory_id)


def _object(value: Any) -> Held:
    return value if isinstance(value, dict) else {}
