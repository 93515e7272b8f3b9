"""Ways of working drawn at random, each on two servers: what is seldom met together is met here."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from unit.replay.virtual_agents import Agent, Steps, Task, Told, Work, World
from unit.replay.virtual_server import Clock, VirtualServers

_SESSIONS = 40
_APART_MS = 7
_BLOCKS = (None, None, 1_000, 3_000)
_AGENT_TOOLS = ("agent", "Task", "bash", "delegate")


@dataclass(frozen=True)
class Way:
    """How a main agent works: a request after each of the steps.

    `shown`: whether a tool call shows where agents run, but for those in the background. `awaited_after`: steps until
    the result of one in the background is waited for; 0: never. `answer_log`: of the tokens of a usual answer.
    """

    steps: tuple[str, ...]
    shown: bool
    awaited_after: int
    tool_ms: tuple[float, float]
    answer_log: float

    def main(self, agent: Agent) -> Steps:
        """The main agent of a session."""
        agent.tokens += agent.random.randrange(100, 900)
        yield from self._ask(agent, "user_message")
        background: list[tuple[int, Task]] = []
        for place, step in enumerate(self.steps):
            users = step in _OF_USERS
            if step in _BACKGROUND:
                inside = self._branch(agent.child(f"b{place}"), 5, nested=_BACKGROUND[step])
                background.append((place + self.awaited_after, agent.world.start(inside)))
                yield from self._tool(agent)
            else:
                yield from _STEPS[step](self, agent, f"{place}")
            if self.awaited_after and not users:
                yield from _await(agent, [task for due, task in background if due <= place])
                background = [each for each in background if each[0] > place]
            yield from self._ask(agent, "user_message" if users else "tool_result")
        if self.awaited_after and background:
            yield from _await(agent, [task for _, task in background])
            yield from self._ask(agent)

    def _ask(self, agent: Agent, trigger: str = "tool_result") -> Steps:
        answer = agent.random.lognormvariate(self.answer_log, 0.6)
        yield from agent.ask(int(min(400, max(12, answer))), trigger)

    def _tool(self, agent: Agent) -> Steps:
        yield from agent.tool(agent.random.uniform(*self.tool_ms), agent.random.randrange(20, 700))

    def _tools(self, agent: Agent, count: int) -> Steps:
        yield from agent.beside(*(self._tool(agent) for _ in range(count)))

    def _fan_out(self, agent: Agent, branches: Iterable[Steps]) -> Steps:
        if self.shown:
            yield from agent.beside(*(agent.tool(0, 120, inside) for inside in branches))
        else:
            yield from agent.beside(*branches)
            agent.tokens += 120

    def _branches(self, agent: Agent, name: str, count: int, nested: int = 0) -> Steps:
        several = [
            self._branch(agent.child(f"{name}.{one}"), agent.random.randint(3, 4), nested * (one == 0))
            for one in range(count)
        ]
        yield from self._fan_out(agent, several)

    def _branch(self, agent: Agent, turns: int, nested: int = 0) -> Steps:
        """A subagent; in place of the second turn's tool, agents of its own."""
        agent.tokens += agent.random.randrange(100, 600)
        for turn in range(turns):
            yield from self._ask(agent, "tool_result" if turn else "user_message")
            if turn == 1 and nested:
                yield from self._branches(agent, "n", nested)
            elif turn < turns - 1:
                yield from self._tool(agent)

    def _deep(self, agent: Agent, depth: int) -> Steps:
        """A subagent that has one of its own, and so on."""
        agent.tokens += agent.random.randrange(100, 600)
        yield from self._ask(agent, "user_message")
        yield from (
            self._fan_out(agent, [self._deep(agent.child("d"), depth - 1)]) if depth else self._tool(agent)
        )
        yield from self._ask(agent)

    def _patient(self, agent: Agent) -> Steps:
        """A subagent that works while one of its own does, and then waits for it."""
        agent.tokens += agent.random.randrange(100, 600)
        yield from self._ask(agent, "user_message")
        background = agent.world.start(self._branch(agent.child("p"), 4))
        yield from self._tool(agent)
        yield from self._ask(agent)
        yield from _await(agent, [background])
        yield from self._ask(agent)


def _await(agent: Agent, tasks: Iterable[Task]) -> Steps:
    for task in tasks:
        yield agent.world.until(task)
        agent.tokens += 100


def _think(agent: Agent, least_ms: float, most_ms: float) -> Steps:
    yield agent.world.pause(agent.random.uniform(least_ms, most_ms))
    agent.tokens += 60


def _compact(agent: Agent) -> Steps:
    agent.compact()
    yield agent.world.pause(1)


_OF_USERS = ("user", "absent user")
_BACKGROUND = {"background": 0, "nest in background": 2}
_STEPS: dict[str, Callable[[Way, Agent, str], Steps]] = {
    "tool": lambda way, agent, _: way._tool(agent),
    "two tools": lambda way, agent, _: way._tools(agent, 2),
    "three tools": lambda way, agent, _: way._tools(agent, 3),
    "slow tool": lambda _, agent, __: agent.tool(agent.random.uniform(5_000, 20_000), 100),
    "fan-out": lambda way, agent, name: way._branches(agent, f"f{name}", 3),
    "nested": lambda way, agent, name: way._branches(agent, f"f{name}", 2, nested=2),
    "deep": lambda way, agent, name: way._fan_out(
        agent, [way._deep(agent.child(f"e{name}.{one}"), 3) for one in range(2)]
    ),
    "patient": lambda way, agent, name: way._fan_out(agent, [way._patient(agent.child(f"h{name}"))]),
    "user": lambda _, agent, __: _think(agent, 500, 4_000),
    "absent user": lambda _, agent, __: _think(agent, 10_000, 60_000),
    "compaction": lambda _, agent, __: _compact(agent),
}


def drawn_way(draw: random.Random) -> Way:
    """Any of them."""
    names = (*_STEPS, *_BACKGROUND)
    return Way(
        steps=tuple(draw.choice(names) for _ in range(draw.randint(4, 9))),
        shown=draw.random() < 0.6,
        awaited_after=draw.choice((0, 1, 2, 3, 3)),
        tool_ms=(draw.uniform(10, 80), draw.uniform(100, 3_000)),
        answer_log=draw.uniform(3.3, 4.8),
    )


@dataclass(frozen=True)
class Pair:
    """The same work on a light server and on an overloaded one, with so many sessions at once."""

    way: Way
    told: Told
    worlds: tuple[World, World]
    at_once: tuple[int, int]


def drawn_pair(seed: int) -> Pair:
    """The pair of that number."""
    draw = random.Random(seed)
    way = drawn_way(draw)
    told = Told(draw.random() < 0.5, draw.choice(_AGENT_TOOLS), tools=draw.random() < 0.85)
    replicas, work = draw.choice((1, 1, 2, 3)), Work(way.main, _SESSIONS, _APART_MS)
    at_once = draw.choice((1, 2, 4)), draw.choice((6, 8, 12, 16))
    light = VirtualServers(Clock(), replicas, draw.choice((16, 64)), 1.0, draw.choice(_BLOCKS))
    heavy = VirtualServers(
        Clock(), replicas, draw.choice((3, 4, 6, 8)), draw.uniform(1, 2.5), draw.choice(_BLOCKS)
    )
    worlds = World(light, at_once[0], work, told), World(heavy, at_once[1], work, told)
    return Pair(way, told, worlds, at_once)
