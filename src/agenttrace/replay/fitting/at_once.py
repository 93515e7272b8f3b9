"""Workers that did not serve at the same time: a deployment that was started again, or several of them."""

from __future__ import annotations

import numpy as np

from agenttrace.critical_path.arrays import NONE
from agenttrace.replay.caution import Caution
from agenttrace.replay.fitting.origins import Origin, origins
from agenttrace.replay.requests import Requests
from agenttrace.replay.workload import Workload


def never_at_once(workload: Workload) -> list[Caution]:
    """Where the workers of some origins were gone before those of others came: counted together they are too many."""
    pools = _pools(origins(workload))
    if len(pools) < 2:
        return []
    stretches = [_stretch(workload.requests, workers) for workers in pools]
    sizes = [len(workers) for workers in pools]
    most = max(
        sum(size for size, (start, end) in zip(sizes, stretches, strict=True) if start <= at < end)
        for at, _ in stretches
    )
    named = sum(sizes)
    if most == named:
        return []
    said = (
        f"{named} workers are named, but no more than {most} served at the same time: it was started again, or there "
        f"are several deployments in it. Of one, replicas is {most}"
    )
    return [Caution("workers_not_at_once", "warning", named - most, said)]


def _pools(found: list[Origin]) -> list[set[int]]:
    """The workers of origins; those that share one are one pool."""
    pools: list[set[int]] = []
    for origin in found:
        if origin.workers:
            shared = [pool for pool in pools if pool & origin.workers]
            pools = [pool for pool in pools if not pool & origin.workers]
            pools.append(set(origin.workers).union(*shared))
    return pools


def _stretch(requests: Requests, workers: set[int]) -> tuple[int, int]:
    """From the first request that they served to the end of the last one."""
    rows = np.isin(requests.cached_on, sorted(workers - {NONE}))
    return int(requests.start[rows].min()), int(requests.end[rows].max())
