"""When each step of a workload can begin at the earliest: as if nothing took time of which none is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Wait:
    """What a step waits for: the end of another step, or its start (`dispatch`), and a pause after that."""

    step: int
    delay_ns: int
    dispatch: bool = False


@dataclass(slots=True)
class Step:
    """Something that begins when all that it waits for has come so far, and not before `not_before_ns`."""

    not_before_ns: int = 0
    length_ns: int = 0
    waits: list[Wait] = field(default_factory=list)


def earliest_starts(steps: Sequence[Step]) -> tuple[list[int], list[int]]:
    """The start of each step in nanoseconds, and the steps that wait for themselves, in order.

    Those begin where what can be known of them puts them.
    """
    starts = [step.not_before_ns for step in steps]
    open_waits = [len(step.waits) for step in steps]
    followers: list[list[tuple[int, Wait]]] = [[] for _ in steps]
    for number, step in enumerate(steps):
        for wait in step.waits:
            followers[wait.step].append((number, wait))
    ready = deque(number for number, waits in enumerate(open_waits) if not waits)
    while ready:
        number = ready.popleft()
        for follower, wait in followers[number]:
            came = starts[number] + (0 if wait.dispatch else steps[number].length_ns)
            starts[follower] = max(starts[follower], came + wait.delay_ns)
            open_waits[follower] -= 1
            if not open_waits[follower]:
                ready.append(follower)
    return starts, [number for number, waits in enumerate(open_waits) if waits]
