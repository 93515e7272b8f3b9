"""The same work on two servers, played on a clock of its own: from either trace the other's times follow."""

from pathlib import Path

import numpy as np
import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.kept_times import recorded_times
from agenttrace.replay.playing import set_stage
from agenttrace.replay.workload import Workload, read_workload
from unit.replay.virtual_agents import World, light_and_heavy
from unit.replay.virtual_server import MS

LANES = (4, 12)


def _read(world: World, file: Path) -> Workload:
    world.write(file)
    return read_workload(read(file))


def _fitted(workload: Workload) -> Fitted:
    found = fit_platform(workload)
    assert found is not None
    return found


@pytest.fixture(scope="module", params=[False, True], ids=["queue in prefill", "queue told"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[World, Workload]]:
    folder = tmp_path_factory.mktemp("pair")
    worlds = light_and_heavy(queue_told=request.param)
    return [(world, _read(world, folder / f"{place}.jsonl")) for place, world in enumerate(worlds)]


@pytest.mark.parametrize("played", [0, 1], ids=["light", "heavy"])
@pytest.mark.parametrize("server", [0, 1], ids=["on light", "on heavy"])
def test_sessions_take_on_the_other_server_what_they_took_there(
    pair: list[tuple[World, Workload]], played: int, server: int
) -> None:
    deployment = _fitted(pair[server][1]).platform.deployment(None)
    stage = set_stage(pair[played][1], Load.CLOSED, LANES[server])
    took = np.percentile(stage.play(deployment).wall, (50, 95))

    truth = np.percentile(list(pair[server][0].walls.values()), (50, 95))
    assert took / truth == pytest.approx([1, 1], abs=0.025)


def test_the_limit_of_the_overloaded_server_and_its_overhead_are_found(
    pair: list[tuple[World, Workload]],
) -> None:
    numbers = _fitted(pair[1][1]).platform.numbers
    assert numbers["sequences"].value == 6
    assert numbers["request_overhead"].value < 10 * MS  # and not the seconds that were waited for a place


@pytest.mark.parametrize("agent_tool", ["agent", "bash"])
def test_what_waits_for_what_is_found_under_any_load(tmp_path: Path, agent_tool: str) -> None:
    """With requests that take no time both traces give the same sessions: tools and the user are all that is left."""
    left = []
    for place, world in enumerate(light_and_heavy(queue_told=False, agent_tool=agent_tool)):
        workload = _read(world, tmp_path / f"{place}.jsonl")
        first, end = recorded_times(workload.requests)
        wall = set_stage(workload, Load.ISOLATED, 0).play_constant((first * 0, end * 0)).wall
        left.append(dict(zip(workload.names, wall.tolist(), strict=True)))
    assert set(left[0]) == set(left[1])
    for name, wall in left[0].items():
        assert left[1][name] == pytest.approx(wall, abs=30 * MS), name
