"""placeholder until inference lands"""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.prefixes import delta_coded, place_prefixes


def read_contexts(
    held: Held, prefixes: pl.DataFrame, ledger: Ledger
) -> tuple[Held, pl.DataFrame, pl.DataFrame]:
    placed = place_prefixes(held, prefixes)
    links = pl.DataFrame(
        schema={
            "sid": pl.Int64,
            "from_row": pl.Int64,
            "at_ns": pl.Int64,
            "to_row": pl.Int64,
            "kind": pl.Enum(["feeds", "spawns", "joins", "retries", "continues"]),
            "explicit": pl.Boolean,
            "rule": pl.String,
            "confidence": pl.Float64,
            "origin": pl.Int32,
        }
    )
    return held, links, delta_coded(placed)
