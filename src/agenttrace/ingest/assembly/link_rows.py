"""Links as rows of spans: the frame of them, and rows of those that are inferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.model.rules import Rule
from agenttrace.model.vocabulary import LinkKind

LINK_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "sid": pl.Int64,
    "from_row": pl.Int64,
    "at_ns": pl.Int64,
    "to_row": pl.Int64,
    "kind": pl.Enum([kind.value for kind in LinkKind]),
    "explicit": pl.Boolean,
    "rule": pl.String,
    "confidence": pl.Float64,
    "delay_ns": pl.Int64,
    "origin": pl.Int32,
}

NO_LINKS = pl.DataFrame(schema=LINK_SCHEMA)


class Inferred(NamedTuple):
    """Links of sessions by one rule, each from a row to one that waits for its end. `explicit`: sources state them."""

    sid: Rows
    from_row: Rows
    to_row: Rows
    kind: LinkKind
    rule: Rule
    explicit: bool = False

    def without(self, sessions: pl.Series) -> Inferred:
        """Those of other sessions than these."""
        if not len(sessions):
            return self
        kept = ~np.isin(self.sid, sessions.to_numpy())
        return self._replace(sid=self.sid[kept], from_row=self.from_row[kept], to_row=self.to_row[kept])


def link_rows(inferred: Sequence[Inferred]) -> pl.DataFrame:
    """All of them, in their order."""
    told = [each for each in inferred if len(each.sid)]
    if not told:
        return NO_LINKS
    which = np.repeat(np.arange(len(told)), [len(each.sid) for each in told])
    sid, from_row, to_row = (np.concatenate([each[place] for each in told]) for place in range(3))
    nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(which))
    kinds = pl.Series([each.kind.value for each in told], dtype=LINK_SCHEMA["kind"])
    confidence = pl.Series([each.rule.confidence for each in told], dtype=pl.Float64)
    columns = {
        "sid": sid,
        "from_row": from_row,
        "at_ns": nothing,
        "to_row": to_row,
        "kind": kinds[which],
        "explicit": np.array([each.explicit for each in told])[which],
        "rule": pl.Series([each.rule.name for each in told])[which],
        "confidence": confidence[which],
        "delay_ns": nothing,
        "origin": np.full(len(which), NONE, np.int32),
    }
    return pl.DataFrame(columns)
