"""Many forward passes at once, one beside the other: the same schedule with other gaps in each."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import Bools, Ints, run_starts
from agenttrace.critical_path.schedule import Schedule, plain_lengths
from agenttrace.critical_path.what_if.changing import scaled
from agenttrace.native.passes import forward

_CELLS = 1 << 22
"""So many times are computed at once, or those of one scenario."""


def scaled_walls(
    schedule: Schedule, gaps: Ints, scenarios: list[tuple[Bools, Fraction]]
) -> NDArray[np.int64]:
    """What every session (a column) takes in every scenario (a row): some gaps, times a factor."""
    at_once = max(1, _CELLS // max(1, schedule.network.size))
    found = [np.zeros((0, len(schedule.graph.spans.first)), np.int64)]
    for first in range(0, len(scenarios), at_once):
        some = scenarios[first : first + at_once]
        columns = np.repeat(gaps[:, None], len(some), axis=1)
        for place, (chosen, factor) in enumerate(some):
            columns[chosen, place] = scaled(gaps[chosen], factor)
        found.append(_walls(schedule, columns))
    return np.concatenate(found)


def _walls(schedule: Schedule, gaps: NDArray[np.int64]) -> NDArray[np.int64]:
    """`gaps`: a row for each node, a column for each scenario."""
    graph = schedule.graph
    n, nodes, count = graph.nodes.n, len(graph.nodes), gaps.shape[1]
    plain = plain_lengths(graph, gaps)
    whole = np.zeros((schedule.network.size + 1, count), np.int64)
    whole[:nodes] = gaps
    whole[:n] += plain
    gap = whole[schedule.node]
    time = np.zeros((len(schedule), count), np.int64)
    if not forward(schedule.first, schedule.source, schedule.takes, gap, time):
        _side_by_side(schedule, gap, time)
    root = graph.spans.first
    return np.where(graph.blocks.inner[root, None], time[schedule.at[n + root]], plain[root]).T


def _side_by_side(schedule: Schedule, gap: NDArray[np.int64], time: NDArray[np.int64]) -> None:
    """The passes without a kernel, level after level."""
    bounds = [*(1 + np.flatnonzero(run_starts(schedule.level[1:]))).tolist(), len(schedule)]
    first, source, takes = schedule.first, schedule.source, schedule.takes
    wraps = np.concatenate([[0], np.cumsum(takes > 0)])
    for low, high in pairwise(bounds):
        edges = slice(first[low], first[high])
        reached = np.maximum.reduceat(time[source[edges]], first[low:high] - edges.start, axis=0)
        reached += gap[low:high]
        if wraps[high] > wraps[low]:
            reached += time[takes[low:high]]
        time[low:high] = reached
