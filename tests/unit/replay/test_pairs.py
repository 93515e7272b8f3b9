"""The same work on two servers, played on a clock of its own: from either trace the other's times follow."""

from pathlib import Path

import pytest

from agenttrace.replay.choices import Load
from agenttrace.replay.kept_times import recorded_times
from agenttrace.replay.playing import set_stage
from agenttrace.replay.workload import Workload
from unit.replay.projected_pairs import fitted, off, projected, read_world
from unit.replay.virtual_agents import Told, World, light_and_heavy
from unit.replay.virtual_server import MS

LANES = (4, 12)


@pytest.fixture(scope="module", params=[False, True], ids=["queue in prefill", "queue told"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[World, Workload]]:
    folder = tmp_path_factory.mktemp("pair")
    worlds = light_and_heavy(Told(queue=request.param))
    return [(world, read_world(world, folder / f"{place}.jsonl")) for place, world in enumerate(worlds)]


@pytest.mark.parametrize("played", [0, 1], ids=["light", "heavy"])
@pytest.mark.parametrize("server", [0, 1], ids=["on light", "on heavy"])
def test_sessions_take_on_the_other_server_what_they_took_there(
    pair: list[tuple[World, Workload]], played: int, server: int
) -> None:
    platform = fitted(pair[server][1])
    assert off(pair[server][0], pair[played][1], platform, LANES[server]) == pytest.approx([1, 1], abs=0.025)


def test_the_limit_of_the_overloaded_server_and_its_overhead_are_found(
    pair: list[tuple[World, Workload]],
) -> None:
    numbers = fitted(pair[1][1]).platform.numbers
    assert numbers["sequences"].value == 6
    assert numbers["request_overhead"].value < 10 * MS  # and not the seconds that were waited for a place


@pytest.mark.parametrize("agent_tool", ["agent", "bash"])
def test_what_waits_for_what_is_found_under_any_load(tmp_path: Path, agent_tool: str) -> None:
    """With requests that take no time both traces give the same sessions: tools and the user are all that is left."""
    left = []
    for place, world in enumerate(light_and_heavy(Told(queue=False, agent_tool=agent_tool))):
        workload = read_world(world, tmp_path / f"{place}.jsonl")
        first, end = recorded_times(workload.requests)
        wall = set_stage(workload, Load.ISOLATED, 0).play_constant((first * 0, end * 0)).wall
        left.append(dict(zip(workload.names, wall.tolist(), strict=True)))
    assert set(left[0]) == set(left[1])
    for name, wall in left[0].items():
        assert left[1][name] == pytest.approx(wall, abs=30 * MS), name


@pytest.mark.parametrize("seed", [8, 11, 36, 38])
def test_sessions_of_any_way_of_working_take_what_they_took_there(seed: int, tmp_path: Path) -> None:
    """More of them: benchmarks/replay_pairs.py."""
    for _, _, ratios in projected(seed, tmp_path):
        assert ratios == pytest.approx([1, 1], abs=0.05)
