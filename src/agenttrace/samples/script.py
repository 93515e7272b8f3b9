"""What happens in each sample session. The dice decide how long everything takes, never what happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Branch:
    """A subagent: how many requests it makes, and the one during which it starts a subagent of its own."""

    requests: int
    nested_at: int | None = None
    nested: Branch | None = None
    error_at: int | None = None


@dataclass(frozen=True, slots=True)
class FanOut:
    """Subagents that one answer starts; in the background, nobody waits for them."""

    agent_type: str
    branches: tuple[Branch, ...]
    background: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """The tokens of the main agent's first request, at its fullest, and after a compaction."""

    first: int
    full: int | None = None
    compacted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A session. Turns are those of the main agent, counted from one."""

    name: str
    says: str
    prompts: tuple[int, ...]
    context: Context
    static_tokens: int
    fan_outs: Mapping[int, FanOut] = field(default_factory=dict)
    tools: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    failing_tools: frozenset[int] = frozenset()
    compacts_after: int | None = None
    asks_permission_at: int | None = None
    slow_test_at: int | None = None
    retries_at: int | None = None
    evicted_at: int | None = None
    wall_s: int | None = None

    @property
    def turns(self) -> int:
        """How many turns the main agent takes."""
        return sum(self.prompts)

    @property
    def closing_turns(self) -> frozenset[int]:
        """The turns that answer the user and call no tool."""
        return frozenset(sum(self.prompts[: count + 1]) for count in range(len(self.prompts)))


def _branches(*requests: int) -> tuple[Branch, ...]:
    return tuple(Branch(count) for count in requests)


LONG_SESSION = Script(
    name="claude-code-33min",
    says="33 minutes of coding: 283 requests, five fan-outs, one compaction, a permission",
    prompts=(19, 16, 15, 7),
    context=Context(first=15_100, full=155_640, compacted=20_100),
    static_tokens=12_800,
    fan_outs={
        4: FanOut("Explore", _branches(9, 8, 16, 11)),
        13: FanOut("Explore", _branches(8, 7, 17, 10, 6, 9)),
        21: FanOut("general-purpose", _branches(15), background=True),
        24: FanOut("general-purpose", (Branch(10), Branch(14, nested_at=4, nested=Branch(7)))),
        32: FanOut("Explore", (Branch(7), Branch(8, error_at=3), Branch(9), Branch(12), Branch(6))),
        41: FanOut("general-purpose", _branches(8, 13, 15)),
    },
    tools={46: ("Bash",), 38: ("Bash",), 27: ("Edit", "Bash"), 51: ("Read",)},
    failing_tools=frozenset({27}),
    compacts_after=51,
    asks_permission_at=38,
    slow_test_at=46,
    evicted_at=14,
    wall_s=33 * 60,
)

SMALL_FAN_OUT = Script(
    name="fan-out",
    says="one prompt, three parallel subagents of which one is late, a retry",
    prompts=(4,),
    context=Context(first=15_100),
    static_tokens=12_800,
    fan_outs={2: FanOut("Explore", _branches(3, 2, 6))},
    tools={1: ("Read", "Grep"), 3: ("Edit",)},
    retries_at=3,
)

SCRIPTS: dict[str, Script] = {script.name: script for script in (LONG_SESSION, SMALL_FAN_OUT)}
