"""Requests of which two sources may speak: they share an id, or the numbers of their tokens.

`requests` are those of a `RawStore`, with `row` (their place), `set` (their session, as far as keys tell) and `view`
(of the source: its format and dialects). Pairs are frames of `a` and `b`, rows of two requests.
"""

from __future__ import annotations

import polars as pl

PAIRS = pl.Schema({"a": pl.UInt32, "b": pl.UInt32})
_MOST_OF_ONE_ID = 8
_MOST_SOURCES = 32
"""An id that more requests of one source have, or more sources, is no request's id, whatever its name."""


def same_ids(requests: pl.DataFrame) -> pl.DataFrame:
    """Pairs that have a request id in common, whichever side gave it.

    A row with the same key is a copy of the record, not another view of the request: a fork repeats its
    history under its own name, and stays a session of its own.
    """
    ids = pl.concat([requests.get_column(name).drop_nulls() for name in ("id_a", "id_b")]).sort()
    again = ids.filter(ids == ids.shift(1)).unique()
    if again.is_empty():
        return pl.DataFrame(schema=PAIRS)
    known = (
        pl.concat([requests.select("row", "origin", "span", id=name) for name in ("id_a", "id_b")])
        .filter(pl.col("id").is_in(again.implode()))
        .unique()
        .filter(
            (pl.len().over("id", "origin") <= _MOST_OF_ONE_ID)
            & (pl.col("origin").n_unique().over("id") <= _MOST_SOURCES)
        )
    )
    pairs = known.join(known, on="id").filter(_earlier_source() & (pl.col("span") != pl.col("span_right")))
    return pairs.select(a="row", b="row_right").unique().cast(PAIRS)


def same_tokens(requests: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Pairs of sources of different views whose tokens are equal, and met once in each of the two views.

    Of one session, as far as keys tell, it is enough that they are met once in each view of it.
    `taken` are pairs that an id has made: their requests are not paired again with anything in those two views.
    """
    tokens = ["input_tokens", "output_tokens"]
    known = requests.filter((pl.col("input_tokens") > 0) & (pl.col("output_tokens") > 0)).select(
        "row", "origin", "view", "set", *tokens
    )
    pairs = pl.concat([_met_once(known, tokens), _met_once(known.drop_nulls("set"), [*tokens, "set"])])
    found = pairs.unique(["row", "row_right"], maintain_order=True).rename({"row": "a", "row_right": "b"})
    views = requests.select("row", "view")
    told = taken.join(views.rename({"row": "a", "view": "view_a"}), on="a").join(
        views.rename({"row": "b", "view": "view_b"}), on="b"
    )
    sides = (("a", "view_b"), ("b", "view_a"))
    known_there = pl.concat([told.select(row=row, there=there) for row, there in sides]).unique()
    for row, there in (("a", "view_right"), ("b", "view")):
        found = found.join(known_there, left_on=[row, there], right_on=["row", "there"], how="anti")
    return found.select("a", "b").cast(PAIRS)


def _met_once(known: pl.DataFrame, alike: list[str]) -> pl.DataFrame:
    """Pairs of two views that are alike in these columns, as nothing else in either view is."""
    single = known.filter(pl.len().over("view", *alike) == 1)
    pairs = single.join(single, on=alike).filter(_earlier_source() & (pl.col("view") != pl.col("view_right")))
    return pairs.select("row", "row_right", "view", "view_right")


def _earlier_source() -> pl.Expr:
    """Each pair once: the row of the earlier source first, and of one source the earlier row."""
    earlier = pl.col("origin") < pl.col("origin_right")
    return earlier | ((pl.col("origin") == pl.col("origin_right")) & (pl.col("row") < pl.col("row_right")))
