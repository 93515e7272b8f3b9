"""So many rows of a table as memory holds, the same ones whatever order they come in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

MOST_ROWS = 2**16
_FEWEST_STRETCHES = 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows in whole stretches of `column`, each `width` long; at level k about one stretch in 2^k is kept.

    The level rises when there are more than MOST_ROWS rows in many stretches. Which stretches are kept depends on the
    rows taken in alone: neither their order nor how they came in pieces changes it.
    """

    column: str
    width: int
    rows: pl.DataFrame
    level: int = 0

    def and_also(self, rows: pl.DataFrame) -> Sample:
        """With more rows of the same columns."""
        more = replace(self, rows=rows).at_level(self.level)
        sample = replace(self, rows=pl.concat([self.rows, more.rows], rechunk=True))
        while sample.rows.height > MOST_ROWS:
            fewer = sample.at_level(sample.level + 1)
            if np.unique(fewer.stretches()).size < _FEWEST_STRETCHES:
                return sample
            sample = fewer
        return sample

    def joined_by(self, rows: pl.DataFrame, level: int) -> Sample:
        """With the rows of another sample, at its level."""
        return self.at_level(max(level, self.level)).and_also(rows)

    def stretches(self) -> np.ndarray:
        """The number of the stretch that each row lies in."""
        return self.rows.get_column(self.column).to_numpy() // self.width

    def at_level(self, level: int) -> Sample:
        """Those of its rows that a higher level keeps."""
        if not level:
            return self
        mixed = self.stretches().astype(np.int64).view(np.uint64) * _GOLDEN
        kept = mixed >> np.uint64(64 - level) == 0
        return replace(self, rows=self.rows.filter(pl.Series(kept, dtype=pl.Boolean)), level=level)
