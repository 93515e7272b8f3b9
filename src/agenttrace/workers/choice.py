"""Engines by name, as `--engine` has them."""

from __future__ import annotations

from agenttrace.errors import UsageError
from agenttrace.workers.engine import Engine
from agenttrace.workers.processes import Processes

LOCAL = "local"
_DASK = "dask://"


def is_cluster(name: str) -> bool:
    """Whether its workers are processes that others began, and share no memory with this one."""
    return name != LOCAL


def engine_named(name: str, jobs: int) -> Engine:
    """Several processes of this machine, or a cluster; `jobs` is of the former. UsageError for other names."""
    if name == LOCAL:
        return Processes(jobs)
    if not name.startswith(_DASK) or name == _DASK:
        raise UsageError(f"--engine {name}: expected local or dask://HOST:PORT")
    from agenttrace.workers.cluster import DaskCluster  # noqa: PLC0415  # an extra

    return DaskCluster(name.removeprefix(_DASK))
