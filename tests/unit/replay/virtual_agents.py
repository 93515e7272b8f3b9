"""Agents that work on a virtual server, and the trace that Dynamo would write of them.

A session has tools side by side, an agent in the background whose result is awaited three turns later, a fan-out of
three agents of which one fans out again, a user who thinks, and a compaction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unit.replay.virtual_cache import BLOCK
from unit.replay.virtual_server import MS, Asked, Clock, VirtualServer, VirtualServers

_START_MS = 1_795_417_720_000
_SYSTEM = 600
Steps = Generator[Callable[[Callable[[], None]], None], None, None]
"""What a process waits for, one after the other: each is given what goes on when it is over."""
Server = VirtualServer | VirtualServers


@dataclass
class Task:
    """Something that runs beside, and who waits for it."""

    over: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What the trace says: the server's queue as such, and not as a part of the prefill, as Dynamo does; and tools.

    `agent_tool`: what a tool is called that runs an agent.
    """

    queue: bool
    agent_tool: str = "agent"
    tools: bool = True


@dataclass(frozen=True)
class Work:
    """What agents do: so many sessions of a main agent. `apart_ms`: between the starts of those that start at once.

    `tools`: by what factor tools take longer than they say.
    """

    main: Callable[[Agent], Steps]
    sessions: int = 24
    apart_ms: int = 800
    tools: float = 1.0


class World:
    """Sessions on servers, so many at once. `rows`: the trace; `walls`: what each took, ns."""

    def __init__(self, server: Server, at_once: int, work: Work, told: Told) -> None:
        self.server, self.clock = server, server.clock
        self.told = told
        self.rows: list[tuple[int, dict[str, Any]]] = []
        self.walls: dict[int, int] = {}
        self._main, self.tools = work.main, work.tools
        self._left = list(range(work.sessions))
        for lane in range(at_once):
            self.clock.after(lane * work.apart_ms * MS, self._next)
        self.clock.run()

    def write(self, file: Path) -> None:
        """The trace, in the order of its events."""
        rows = sorted(self.rows, key=lambda row: row[0])
        lines = (json.dumps({"timestamp": at // MS, "event": event}) + "\n" for at, event in rows)
        file.write_text("".join(lines), encoding="utf-8")

    def start(self, steps: Steps) -> Task:
        """A process beside the others."""
        task = Task()

        def go_on() -> None:
            try:
                next(steps)(go_on)
            except StopIteration:
                task.over = True
                for call in task.waiting:
                    self.clock.after(0, call)

        self.clock.after(0, go_on)
        return task

    def pause(self, ms: float) -> Callable[[Callable[[], None]], None]:
        """To wait for so long."""
        return lambda call: self.clock.after(round(ms * MS), call)

    def until(self, task: Task) -> Callable[[Callable[[], None]], None]:
        """To wait for a process."""
        return lambda call: self.clock.after(0, call) if task.over else task.waiting.append(call)

    def _next(self) -> None:
        if not self._left:
            return
        number = self._left.pop(0)
        begun = self.clock.now
        agent = Agent(self, f"s{number:03d}", None, random.Random(11_000 + number))

        def ended() -> None:
            self.walls[number] = self.clock.now - begun
            self._next()

        self.start(self._main(agent)).waiting.append(ended)


@dataclass
class Agent:
    """One lane. `tokens`: of its context; `fresh`: how often it was compacted."""

    world: World
    name: str
    parent: str | None
    random: random.Random
    tokens: int = _SYSTEM
    fresh: int = 0
    calls: int = 0

    def ask(self, answer: int, trigger: str = "tool_result") -> Steps:
        """A request, after a moment of the agent program's own."""
        yield self.world.pause(1.5)
        self.calls += 1
        asked = Asked(self.name, self.tokens, answer, self._blocks(), lambda: None)

        def wait(call: Callable[[], None]) -> None:
            asked.done = call
            self.world.server.ask(asked)

        yield wait
        self._told(asked, trigger)
        self.tokens += answer

    def tool(self, ms: float, tokens: int, inside: Steps | None = None) -> Steps:
        """A tool, or what runs inside of it."""
        world, begun = self.world, self.world.clock.now
        call = f"call-{self.name}-{self.calls}-{self.random.randrange(1 << 30)}"
        told = {
            "tool_call_id": call,
            "tool_class": self.world.told.agent_tool if inside else "bash",
            "started_at_unix_ms": _ms(begun),
        }
        self._tool_row("tool_start", {**told, "status": "running"})
        if inside is None:
            yield world.pause(ms * world.tools)
        else:
            yield world.until(world.start(inside))
        now = world.clock.now
        ended = {"ended_at_unix_ms": _ms(now), "duration_ms": (now - begun) / MS, "status": "succeeded"}
        self._tool_row("tool_end", {**told, **ended})
        self.tokens += tokens

    def beside(self, *several: Steps) -> Steps:
        """All at once, until the last is over."""
        tasks = [self.world.start(one) for one in several]
        for task in tasks:
            yield self.world.until(task)

    def child(self, name: str) -> Agent:
        """An agent of this one."""
        seed = self.random.randrange(1 << 30)
        return Agent(self.world, f"{self.name}:{name}", self.name, random.Random(seed))

    def compact(self) -> None:
        """The context is its summary from now on."""
        self.tokens, self.fresh = _SYSTEM + 160, self.fresh + 1

    def _context(self) -> dict[str, str]:
        return {"session_id": self.name, **({"parent_session_id": self.parent} if self.parent else {})}

    def _tool_row(self, kind: str, tool: dict[str, Any]) -> None:
        if self.world.told.tools:
            head = {"event_type": kind, "event_source": "harness"}
            self._row({**head, "agent_context": self._context(), "tool": tool})

    def _row(self, event: dict[str, Any]) -> None:
        now = self.world.clock.now
        head = {"schema": "dynamo.request.trace.v1", "event_time_unix_ms": _ms(now)}
        self.world.rows.append((now, head | event))

    def _blocks(self) -> list[int]:
        """The hashes of its prompt's whole blocks."""
        return [
            hash((self.name, 0 if block < _SYSTEM // BLOCK else self.fresh, block)) & (2**63 - 1)
            for block in range(self.tokens // BLOCK)
        ]

    def _told(self, asked: Asked, trigger: str) -> None:
        dispatched = asked.admitted if self.world.told.queue else asked.received
        request = {
            "request_id": f"{self.name}#{self.calls}",
            "model": "tiny",
            "input_tokens": asked.prompt,
            "output_tokens": asked.answer,
            "cached_tokens": asked.cached,
            "request_received_ms": _ms(asked.received),
            "prefill_wait_time_ms": (dispatched - asked.received) / MS,
            "prefill_time_ms": (asked.first - dispatched) / MS,
            "ttft_ms": (asked.first - asked.received) / MS,
            "total_time_ms": (asked.end - asked.received) / MS,
            "avg_itl_ms": (asked.end - asked.first) / MS / max(1, asked.answer - 1),
            "worker": {"prefill_worker_id": asked.worker, "decode_worker_id": asked.worker},
            "replay": {
                "trace_block_size": BLOCK,
                "input_length": asked.prompt,
                "input_sequence_hashes": asked.blocks,
            },
        }
        context = {**self._context(), "input_trigger": trigger}
        self._row(
            {
                "event_type": "request_end",
                "event_source": "dynamo",
                "agent_context": context,
                "request": request,
            }
        )


def _ms(ns: int) -> int:
    return _START_MS + ns // MS


def _answer(agent: Agent) -> int:
    return int(min(160, max(30, agent.random.lognormvariate(4.1, 0.5))))


def sub_agent(agent: Agent, turns: int, nested: int = 0) -> Steps:
    """Turns with a tool each; in place of the second one's tool, agents of its own."""
    agent.tokens += agent.random.randrange(150, 400)
    for turn in range(turns):
        yield from agent.ask(_answer(agent), "tool_result" if turn else "user_message")
        if turn == 1 and nested:
            inner = [sub_agent(agent.child(f"sub{one}"), 3) for one in range(nested)]
            yield from agent.beside(*(agent.tool(0, 120, inside) for inside in inner))
        elif turn < turns - 1:
            yield from agent.tool(agent.random.uniform(40, 400), agent.random.randrange(50, 700))


def main_agent(agent: Agent) -> Steps:
    """Eleven turns."""
    agent.tokens += agent.random.randrange(200, 600)
    yield from agent.ask(_answer(agent), "user_message")
    background = agent.world.start(sub_agent(agent.child("late"), 7))
    for _ in range(2):
        yield from agent.tool(agent.random.uniform(40, 400), 300)
        yield from agent.ask(_answer(agent))
    yield from agent.beside(agent.tool(80, 400), agent.tool(agent.random.uniform(200, 600), 700))
    yield from agent.ask(_answer(agent))
    yield agent.world.until(background)
    agent.tokens += 120
    yield from agent.ask(_answer(agent))
    branches = [sub_agent(agent.child(f"sub{one}"), 4, nested=2 * (one == 1)) for one in range(3)]
    yield from agent.beside(*(agent.tool(0, 120, inside) for inside in branches))
    yield from agent.ask(_answer(agent))
    yield agent.world.pause(1_500)
    agent.tokens += 80
    yield from agent.ask(_answer(agent), "user_message")
    yield from agent.tool(agent.random.uniform(40, 400), 300)
    yield from agent.ask(160)
    agent.compact()
    for _ in range(3):
        yield from agent.ask(_answer(agent))
        yield from agent.tool(agent.random.uniform(40, 400), 300)


def light_and_heavy(told: Told) -> tuple[World, World]:
    """The same work on a light server with four sessions at once, and on an overloaded one with twelve."""
    work = Work(main_agent)
    light = World(VirtualServer(Clock(), places=64), 4, work, told)
    return light, World(VirtualServer(Clock(), places=6, slower=1.7), 12, work, told)
