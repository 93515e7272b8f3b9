"""The lanes of a session in the order in which they are drawn: each agent above those that it spawned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True)
class Lane:
    """An agent. `parent`: the place of its parent's lane; `turn`: its parent's turn that spawned it, where known."""

    agent: int
    name: str | None
    parent: int | None
    depth: int
    turn: int | None
    background: bool
    start_ns: int
    end_ns: int


def ordered_lanes(agents: pl.DataFrame) -> list[Lane]:
    """Depth first, siblings by their start.

    `agents` has `agent`, `name`, `parent_agent`, `turn`, `background`, `start_ns`, `end_ns`. An agent whose
    parent is not known, or is itself, stands below the main agent.
    """
    rows: Sequence[Mapping[str, Any]] = agents.sort("start_ns", "agent").rows(named=True)
    known = {row["agent"] for row in rows}
    below: dict[int | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        below.setdefault(_parent(row, known), []).append(row)
    lanes: list[Lane] = []
    stack: list[tuple[Mapping[str, Any], int | None, int]] = [
        (row, None, 0) for row in reversed(below.get(None, []))
    ]
    while stack:
        row, parent, depth = stack.pop()
        place = len(lanes)
        lanes.append(_lane(row, parent, depth))
        stack += [(child, place, depth + 1) for child in reversed(below.pop(row["agent"], []))]
    return lanes


def _parent(row: Mapping[str, Any], known: set[int]) -> int | None:
    agent, parent = row["agent"], row["parent_agent"]
    if agent == 0:
        return None
    return parent if parent in known and parent != agent else 0 if 0 in known else None


def _lane(row: Mapping[str, Any], parent: int | None, depth: int) -> Lane:
    return Lane(
        agent=row["agent"],
        name=row["name"],
        parent=parent,
        depth=depth,
        turn=row["turn"],
        background=row["background"],
        start_ns=row["start_ns"],
        end_ns=row["end_ns"],
    )


def lane_places(lanes: Sequence[Lane]) -> dict[int, int]:
    """The place of each agent's lane."""
    return {lane.agent: place for place, lane in enumerate(lanes)}
