"""An event as the rows need it, whichever generation of OpenHands wrote it.

An event's time is that of its being added to the stream, by the local clock without its zone: an action when
the model's answer that asks for it is complete and it is handed over to be executed, an observation when that
is done. The answer's own record (`model_response.created`) is in UTC. (events/stream.py, agent_controller.py)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """What an event means for the flow of a session."""

    NOTE = 0
    USER = 1
    STEP = 2
    RESULT = 3
    DELEGATE_END = 4
    CONDENSED = 5
    STATE = 6
    ERROR = 7
    READY = 8


class Outcome(IntEnum):
    """How an execution ended."""

    FINE = 0
    FAILED = 1
    REJECTED = 2


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `local_ns`: its time as if its zone were UTC.

    `tool`: the name of what a step executes; None where it only says something. `cause`: the key of the
    action that a result belongs to. `total`: tokens of all requests so far, where they are stated.
    """

    line: int
    key: str
    local_ns: int | None
    kind: Kind
    tool: str | None = None
    cause: str | None = None
    call_id: str | None = None
    outcome: Outcome = Outcome.FINE
    response_id: str | None = None
    model: str | None = None
    created_s: int | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    total: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    agent: str | None = None
    said: str | None = None
    summarised: bool = False
    parallel: bool = False
