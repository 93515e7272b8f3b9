"""What requests waited for on a full server: a place among those that run, or blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agenttrace.replay.quantities import Identified
from unit.replay.projected_pairs import fitted, off, read_world
from unit.replay.virtual_agents import Agent, Steps, Told, Work, World
from unit.replay.virtual_server import Clock, VirtualServers

_AT_ONCE = 14


def _long_prompts(agent: Agent) -> Steps:
    agent.tokens += agent.random.randrange(1_000, 6_000)
    for turn in range(7):
        answer = int(min(160, max(30, agent.random.lognormvariate(4.1, 0.5))))
        yield from agent.ask(answer, "tool_result" if turn else "user_message")
        yield from agent.tool(agent.random.uniform(20, 100), agent.random.randrange(50, 700))


@pytest.mark.parametrize(
    ("places", "blocks", "limited"),
    [
        (64, 1_500, {"kv_blocks": 1_500}),
        (8, 2_500, {"kv_blocks": 2_500}),
        (6, None, {"sequences": 6}),
        (6, 6_000, {"sequences": 6}),
    ],
)
def test_what_requests_waited_for_is_the_limit(
    places: int, blocks: int | None, limited: dict[str, int], tmp_path: Path
) -> None:
    servers = VirtualServers(Clock(), 1, places, 1.7, blocks)
    world = World(servers, _AT_ONCE, Work(_long_prompts, sessions=40), Told(queue=False))
    workload = read_world(world, tmp_path / "trace.jsonl")

    found = fitted(workload)

    numbers = found.platform.numbers
    met = {
        name: numbers[name].value
        for name in ("sequences", "kv_blocks")
        if name in numbers and numbers[name].identified is Identified.YES
    }
    assert met == pytest.approx(limited, rel=0.01)
    assert off(world, workload, found, _AT_ONCE) == pytest.approx(np.ones(2), abs=0.06)
