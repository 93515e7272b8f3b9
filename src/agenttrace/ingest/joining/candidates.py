"""Requests of which two sources may speak: they share an id, or the numbers of their tokens.

Frames of pairs have the columns `a` and `b` (rows of the spans, of two sources where those differ) and
`stated`: the sources state an id in common.
"""

from __future__ import annotations

import polars as pl

PAIRS = pl.Schema({"a": pl.UInt32, "b": pl.UInt32, "stated": pl.Boolean})
_MOST_OF_ONE_ID = 8
"""An id that more requests of one source have is no request's id, whatever its name."""


def requests_of(spans: pl.DataFrame) -> pl.DataFrame:
    """The requests, with `row`, their place among the spans."""
    return spans.with_row_index("row").filter(pl.col("kind") == "request")


def same_ids(requests: pl.DataFrame) -> pl.DataFrame:
    """Pairs that have a request id in common, whichever side gave it.

    A row with the same key is a copy of the record, not another view of the request: a fork repeats its
    history under its own name, and stays a session of its own.
    """
    known = (
        requests.select("row", "origin", "span_key", id=pl.concat_list("request_id", "client_request_id"))
        .explode("id")
        .drop_nulls("id")
        .unique()
        .filter((pl.len().over("id") > 1) & (pl.len().over("id", "origin") <= _MOST_OF_ONE_ID))
    )
    pairs = known.join(known, on="id").filter(
        _earlier_source() & (pl.col("span_key") != pl.col("span_key_right"))
    )
    return pairs.select(a="row", b="row_right", stated=pl.lit(value=True)).unique(["a", "b"]).cast(PAIRS)


def same_tokens(requests: pl.DataFrame, taken: pl.DataFrame, views: list[str]) -> pl.DataFrame:
    """Pairs of sources of different kinds (`views`), whose tokens are equal and met once in each of the two.

    `taken` are pairs that an id has made: their requests are not paired again.
    """
    free = requests.join(taken.select(row="a"), on="row", how="anti").join(
        taken.select(row="b"), on="row", how="anti"
    )
    tokens = ["input_tokens", "output_tokens"]
    known = free.select(
        "row", "origin", *tokens, view=pl.col("origin").replace_strict(list(range(len(views))), views)
    ).filter((pl.col("input_tokens") > 0) & (pl.col("output_tokens") > 0))
    single = known.filter(pl.len().over("view", *tokens) == 1)
    pairs = single.join(single, on=tokens).filter(
        _earlier_source() & (pl.col("view") != pl.col("view_right"))
    )
    return pairs.select(a="row", b="row_right", stated=pl.lit(value=False)).cast(PAIRS)


def _earlier_source() -> pl.Expr:
    """Each pair once: the row of the earlier source first, and of one source the earlier row."""
    earlier = pl.col("origin") < pl.col("origin_right")
    return earlier | ((pl.col("origin") == pl.col("origin_right")) & (pl.col("row") < pl.col("row_right")))
