"""Rows that are one record become one: bounds of the row that stands, every other fact from who knows it."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.model.vocabulary import Purpose

_OWN = frozenset(
    {
        "sid",
        "span_key",
        "session_key",
        "origin",
        "line",
        "start_ns",
        "end_ns",
        "start_evidence",
        "end_evidence",
        "kind",
    }
)
TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_TIMED = (
    ("queue_ns", "queue_evidence"),
    ("prefill_ns", "prefill_evidence"),
    ("first_token_ns", "first_token_evidence"),
    ("decode_ns", "decode_evidence"),
)


def merge_rows(spans: pl.DataFrame, into: Rows) -> pl.DataFrame:
    """The spans without those that are merged (`into` is not NONE), their facts given to the rows they are.

    Of a duration the better evidence wins, of tokens the larger count (a client that cancels counts none), of
    other facts what the row that stands says, then who comes first in time. A purpose that is marked beats
    `turn`, which only says that nobody marked another.
    """
    gone = into != NONE
    if not gone.any():
        return spans
    group = np.where(gone, into, np.arange(spans.height))
    involved = np.zeros(spans.height, np.bool_)
    involved[into[gone]] = True
    involved |= gone
    numbered = spans.with_columns(_group=pl.Series(group), _gone=pl.Series(gone))
    told = numbered.filter(pl.Series(involved)).sort("_group", "_gone", "start_ns", "end_ns", "span_key")
    timed = [name for pair in _TIMED for name in pair]
    plain = [name for name in spans.columns if name not in _OWN and name not in timed and name != "purpose"]
    merged = told.group_by("_group", maintain_order=True).agg(
        *(pl.col(name).first() for name in spans.columns if name in _OWN),
        *(pl.col(name).drop_nulls().first() for name in plain if name not in TOKENS),
        *(pl.col(name).max() for name in TOKENS),
        *(column for value, evidence in _TIMED for column in _best(value, evidence)),
        purpose=pl.coalesce(
            pl.col("purpose").filter(pl.col("purpose") != Purpose.TURN.value).first(),
            pl.col("purpose").first(),
        ),
    )
    rest = spans.filter(pl.Series(~involved))
    return pl.concat([rest, merged.select(spans.columns)])


def _best(value: str, evidence: str) -> tuple[pl.Expr, pl.Expr]:
    """The value and the evidence of the row that has one of the best evidence, the first of equals."""
    grade = pl.when(pl.col(value).is_not_null()).then(pl.col(evidence).to_physical().fill_null(99))
    first = grade.arg_min()
    return pl.col(value).get(first, null_on_oob=True), pl.col(evidence).get(first, null_on_oob=True)
