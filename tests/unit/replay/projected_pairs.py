"""Traces of two servers, each played on a fit of either."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.playing import set_stage
from agenttrace.replay.workload import Workload, read_workload
from unit.replay.random_agents import drawn_pair
from unit.replay.virtual_agents import World


def read_world(world: World, file: Path) -> Workload:
    """The trace of a world, by way of a file."""
    world.write(file)
    return read_workload(read(file))


def fitted(workload: Workload) -> Fitted:
    """The server that it ran on."""
    found = fit_platform(workload)
    assert found is not None
    return found


def off(world: World, workload: Workload, platform: Fitted, at_once: int) -> NDArray[np.float64]:
    """p50 and p95 of what sessions take on a platform, as shares of what they took in that world."""
    took = set_stage(workload, Load.CLOSED, at_once).play(platform.platform.deployment(None)).wall
    ratios: NDArray[np.float64] = np.percentile(took, (50, 95)) / np.percentile(
        [*world.walls.values()], (50, 95)
    )
    return ratios


def projected(seed: int, folder: Path) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """(whose trace, whose server, see `off`) of a random pair, for all four."""
    pair = drawn_pair(seed)
    workloads = [read_world(world, folder / f"{seed}-{n}.jsonl") for n, world in enumerate(pair.worlds)]
    platforms = [fitted(workload) for workload in workloads]
    for played, workload in enumerate(workloads):
        for server, platform in enumerate(platforms):
            yield played, server, off(pair.worlds[server], workload, platform, pair.at_once[server])
