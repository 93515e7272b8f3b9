"""Workers that did not serve at the same time: a deployment that was started again, or several of them."""

from __future__ import annotations

import numpy as np

from agenttrace.replay.caution import Caution
from agenttrace.replay.fitting.origins import origins, pools
from agenttrace.replay.workload import Workload


def never_at_once(workload: Workload) -> list[Caution]:
    """Where the workers of some origins were gone before those of others came: counted together they are too many."""
    found = pools(workload, origins(workload))
    if len(found) < 2:
        return []
    requests = workload.requests
    t = np.concatenate([[requests.end[pool.rows].max(), requests.start[pool.rows].min()] for pool in found])
    step = np.concatenate([[-len(pool.workers), len(pool.workers)] for pool in found])
    most = int(np.cumsum(step[np.lexsort((step, t))]).max())
    named = sum(len(pool.workers) for pool in found)
    if most == named:
        return []
    said = (
        f"{named} workers are named, but no more than {most} served at the same time: it was started again, or there "
        f"are several deployments in it. Of one, replicas is {most}"
    )
    return [Caution("workers_not_at_once", "warning", named - most, said)]
