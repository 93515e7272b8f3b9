"""Retries that a source states in one way, told in every way: the link, the number of the attempt, the purpose."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind, Purpose, SpanKind, Status

_WENT_WRONG = (Status.ERROR.value, Status.CANCELLED.value)


def complete_attempts(held: Held, links: pl.DataFrame) -> tuple[Held, pl.DataFrame]:
    """What is retried is a failed attempt, unless it is known to have gone well; a retry has the next number.

    A request with the number of another attempt, of which no link says what it retries, retries the request before
    it in its lane, if that has the number before or failed.
    """
    retries = links.filter(pl.col("kind") == LinkKind.RETRIES.value)
    found = _by_number(held, retries, links)
    links = pl.concat([links, found])
    pairs = pl.concat([retries, found]).select("from_row", "to_row")
    if pairs.is_empty():
        return held, links
    spans = held.spans.with_columns(attempt=_numbered(held.spans, pairs))
    failed = np.zeros(spans.height, np.bool_)
    failed[pairs.get_column("from_row").to_numpy()] = True
    lost = (
        pl.Series(failed)
        & (pl.col("kind") == SpanKind.REQUEST.value)
        & (pl.col("purpose") == Purpose.TURN.value)
        & ~(pl.col("status") == Status.OK.value).fill_null(value=False)
    )
    word = pl.lit(Purpose.FAILED_ATTEMPT.value, spans.schema["purpose"])
    spans = spans.with_columns(purpose=pl.when(lost).then(word).otherwise("purpose"))
    return Held(spans, held.parents, held.lane, held.lanes), links


def _by_number(held: Held, retries: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    if not (held.spans.get_column("attempt") > 1).any():
        return like.clear()
    facts = held.spans.select(
        "sid",
        "start_ns",
        "attempt",
        lane=pl.Series(held.lane),
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        request=pl.col("kind") == SpanKind.REQUEST.value,
        failed=pl.col("status").is_in(_WENT_WRONG).fill_null(value=False)
        | (pl.col("purpose") == Purpose.FAILED_ATTEMPT.value),
    ).filter("request")
    if not (facts.get_column("attempt") > 1).any():
        return like.clear()
    same = pl.col("lane") == pl.col("lane").shift(1)
    before = facts.sort("lane", "start_ns", "row").with_columns(
        from_row=pl.when(same).then(pl.col("row").shift(1)),
        number=pl.when(same).then(pl.col("attempt").shift(1)),
        went_wrong=pl.when(same).then(pl.col("failed").shift(1)),
    )
    again = before.filter(
        (pl.col("attempt") > 1)
        & ~pl.col("row").is_in(retries.get_column("to_row").implode())
        & ((pl.col("number") == pl.col("attempt") - 1) | (pl.col("number").is_null() & pl.col("went_wrong")))
    )
    return again.select(
        "sid",
        "from_row",
        at_ns=pl.lit(None, pl.Int64),
        to_row="row",
        kind=pl.lit(LinkKind.RETRIES.value).cast(like.get_column("kind").dtype),
        explicit=pl.lit(value=False),
        rule=pl.lit(rules.NEXT_NUMBER.name),
        confidence=pl.lit(rules.NEXT_NUMBER.confidence, pl.Float64),
        delay_ns=pl.lit(None, pl.Int64),
        origin=pl.lit(NONE, pl.Int32),
    ).select(like.columns)


def _numbered(spans: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """The numbers of attempts, those of retries without one counted on from what they retry."""
    attempt = spans.get_column("attempt")
    number = attempt.to_list()
    start = spans.get_column("start_ns").to_list()
    for before, again in sorted(pairs.rows(), key=lambda pair: (start[pair[1]], pair[1], pair[0])):
        if number[again] is None or number[again] == 1:
            number[again] = (number[before] or 1) + 1
    return pl.Series("attempt", number, dtype=attempt.dtype)
