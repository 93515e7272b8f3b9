"""Two clustered samples of one quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.diff.statistics.shapes import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The values of one side; `cluster` numbers their tasks from 0, `weight` is what each counts for."""

    values: Floats
    cluster: Ints
    weight: Floats
    clusters: int

    def by_cluster(self, of: Floats) -> Floats:
        """Sums over each cluster."""
        found: Floats = np.bincount(self.cluster, of, self.clusters).astype(np.float64)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Both sides. Where `paired`, equal cluster numbers are the same task, and no cluster of a side is empty."""

    base: Side
    candidate: Side
    paired: bool

    @property
    def clusters(self) -> int:
        """Independent units: pairs, or the clusters of the smaller side."""
        return min(self.base.clusters, self.candidate.clusters)

    @property
    def sessions(self) -> int:
        """Sessions on the smaller side."""
        return min(len(self.base.values), len(self.candidate.values))

    @property
    def known(self) -> bool:
        """Whether there is anything to compare."""
        return self.sessions > 0


def side(values: Floats, cluster: Ints, *, paired: bool) -> Side:
    """Sessions of one task share the weight of one where tasks are paired; else each counts for itself."""
    names, cluster = np.unique(cluster, return_inverse=True)
    times = np.bincount(cluster, minlength=len(names))
    weight = 1.0 / times[cluster] if paired else np.ones(len(values))
    return Side(values, cluster, weight, len(names))
