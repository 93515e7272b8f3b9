"""How much of each path is of which phase and evidence."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import packed, run_starts, sorting
from agenttrace.critical_path.segments import Segments
from agenttrace.model.frames import texts
from agenttrace.model.vocabulary import Evidence, Phase


def path_shares(segments: Segments) -> pl.DataFrame:
    """Session, phase, evidence, and `length_ns` of each that there is, in the order in which they begin."""
    key = packed(segments.session, segments.phase.astype(np.int64), segments.evidence.astype(np.int64))
    order = sorting(key)
    first = np.flatnonzero(run_starts(key[order]))
    length = np.add.reduceat(segments.length[order], first) if len(first) else first
    by_start = np.argsort(order[first])
    one = order[first][by_start]
    return pl.DataFrame(
        {
            "session": segments.session[one],
            "phase": texts([phase.value for phase in Phase], segments.phase[one]),
            "evidence": texts([evidence.value for evidence in Evidence], segments.evidence[one]),
            "length_ns": length[by_start],
        }
    )
