"""Where requests that are fitted together come from: the sources of a trace, and of each the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints
from agenttrace.replay.workload import Workload


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Requests of one folder or file, and of one model. `rows`: which of the workload's they are, ascending."""

    name: str
    rows: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Origins that have workers in common, by the name of the first, with their workers and requests."""

    name: str
    workers: frozenset[int]
    rows: Ints


def origins(workload: Workload) -> list[Origin]:
    """By folder; by file, where all lie in one. Where there are several models, each by itself."""
    requests = workload.requests
    if not len(requests):
        return []
    read, source = np.unique(requests.source, return_inverse=True)
    named = dict(enumerate(workload.sources))
    paths = [PurePath(named.get(row, "")) for row in read.tolist()]
    if len({path.parent for path in paths}) > 1:
        paths = [path.parent for path in paths]
    names = _told_apart(sorted(set(paths)))
    place = {path: number for number, path in enumerate(names)}
    of_path = np.array([place[path] for path in paths])[source.reshape(-1)]
    models = np.unique(requests.model)
    key = of_path * len(models) + np.searchsorted(models, requests.model)
    found, in_order = [], list(names.values())
    for rows in _grouped(key):
        name = in_order[of_path[rows[0]]]
        model = int(requests.model[rows[0]])
        told = workload.models[model] if model != NONE else "no model named"
        found.append(Origin(f"{name}, {told}" if len(models) > 1 else name, rows))
    return found


def pools(workload: Workload, found: Sequence[Origin]) -> list[Pool]:
    """The origins of which the workers are known; those that share one are one pool."""
    worker = workload.requests.cached_on
    above: dict[int, int] = {}

    def first_of(one: int) -> int:
        while above[one] != one:
            above[one] = one = above[above[one]]
        return one

    known = []
    for origin in found:
        mine = [one for one in np.unique(worker[origin.rows]).tolist() if one != NONE]
        for one in mine:
            above.setdefault(one, one)
            above[first_of(one)] = first_of(mine[0])
        known += [(mine[0], origin)] if mine else []
    together: dict[int, list[Origin]] = {}
    for one, origin in known:
        together.setdefault(first_of(one), []).append(origin)
    return [_pool(members, worker) for members in together.values()]


def _pool(members: Sequence[Origin], worker: Ints) -> Pool:
    rows = np.sort(np.concatenate([origin.rows for origin in members]))
    return Pool(members[0].name, frozenset(worker[rows].tolist()) - {NONE}, rows)


def _grouped(key: Ints) -> Iterator[Ints]:
    """The rows of each key."""
    order = np.argsort(key, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _told_apart(paths: Sequence[PurePath]) -> dict[PurePath, str]:
    """Each path without the folders that all of them share."""
    shared = 0
    while all(len(path.parts) > shared + 1 for path in paths) and len({p.parts[shared] for p in paths}) == 1:
        shared += 1
    return {path: "/".join(path.parts[shared:]) or str(path) for path in paths}
