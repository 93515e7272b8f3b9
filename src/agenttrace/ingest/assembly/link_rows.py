"""Links as rows of spans: the frame of them, and rows of those that are inferred."""

from __future__ import annotations

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


def inferred_links(sid: Rows, from_row: Rows, to_row: Rows, kind: LinkKind, rule: Rule) -> pl.DataFrame:
    """Links by one rule, each from a row to the end of which the other one hangs on."""
    if not len(sid):
        return NO_LINKS
    told = pl.DataFrame({"sid": sid, "from_row": from_row, "to_row": to_row})
    known = {
        "kind": pl.lit(kind.value, LINK_SCHEMA["kind"]),
        "explicit": pl.lit(value=False),
        "rule": pl.lit(rule.name),
        "confidence": pl.lit(rule.confidence, pl.Float64),
        "origin": pl.lit(NONE, pl.Int32),
    }
    columns = ((name, known.get(name, pl.lit(None, pl.Int64))) for name in LINK_SCHEMA if name not in told.columns)
    return told.with_columns(**dict(columns)).select(*LINK_SCHEMA)
