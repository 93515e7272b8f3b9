"""What a change would bring, against a second run in which it was made."""

import random
from pathlib import Path

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from unit.replay.random_agents import drawn_way
from unit.replay.virtual_agents import Told, Work, World
from unit.replay.virtual_server import Clock, VirtualServers

_SESSIONS = 6


def _ran(seed: int, tools: float) -> World:
    """One session after the other, on a server with room for all."""
    server = VirtualServers(Clock(), replicas=1, places=64, slower=1.0, blocks=None)
    way = drawn_way(random.Random(seed))
    return World(server, 1, Work(way.main, _SESSIONS, tools=tools), Told(queue=False))


@pytest.mark.parametrize("seed", range(8))
def test_tools_twice_as_fast_save_what_a_second_run_with_such_tools_takes_less(
    seed: int, tmp_path: Path
) -> None:
    """But for what batches of subagents do to each other, which come together in another way then."""
    before, after = _ran(seed, 1.0), _ran(seed, 0.5)
    before.write(tmp_path / "trace.jsonl")
    analysis = analyze(read(tmp_path / "trace.jsonl"), ["tool*0.5"])
    names = dict(analysis.sessions.select("session", "source_id").iter_rows())
    saved = dict(analysis.what_if.select("session", "saved_ns").iter_rows())
    assert len(saved) == _SESSIONS
    for session, found in saved.items():
        number = int(names[session].removeprefix("s"))
        wall = before.walls[number]
        assert found / wall == pytest.approx((wall - after.walls[number]) / wall, abs=0.025), names[session]
