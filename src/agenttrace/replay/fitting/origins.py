"""Where requests that are fitted together come from: the sources of a trace, and of each the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools
from agenttrace.replay.workload import Workload


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Requests of one folder or file, and of one model. `rows`: which of the workload's they are.

    `workers`: those that served them; empty where none is named.
    """

    name: str
    rows: Bools
    workers: frozenset[int]


def origins(workload: Workload) -> list[Origin]:
    """By folder; by file, where all lie in one. Where there are several models, each by itself."""
    requests = workload.requests
    paths = [PurePath(path) for path in workload.sources]
    read = np.unique(requests.source)
    by_folder = len({paths[row].parent for row in read}) > 1
    of_path = [path.parent if by_folder else path for path in paths]
    several = len(np.unique(requests.model)) > 1
    found = []
    for path, name in _told_apart(sorted({of_path[row] for row in read})).items():
        here = np.isin(requests.source, [row for row in read if of_path[row] == path])
        for model in np.unique(requests.model[here]):
            of_model = workload.models[model] if model != NONE else "no model named"
            rows = here & (requests.model == model)
            workers = frozenset(requests.cached_on[rows].tolist()) - {NONE}
            found.append(Origin(f"{name}, {of_model}" if several else name, rows, workers))
    return found


def _told_apart(paths: Sequence[PurePath]) -> dict[PurePath, str]:
    """Each path without the folders that all of them share."""
    shared = 0
    while all(len(path.parts) > shared + 1 for path in paths) and len({p.parts[shared] for p in paths}) == 1:
        shared += 1
    return {path: "/".join(path.parts[shared:]) or str(path) for path in paths}
