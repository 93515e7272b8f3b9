"""Requests of joined sessions that neither an id nor their tokens single out: told by their time."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.keys import KeySets
from agenttrace.ingest.joining.candidates import PAIRS

_TOKENS = ("input_tokens", "output_tokens")


def by_time(pairs: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """More pairs between sources that have some: requests of one session that nobody has paired.

    They share most of the shorter one's time, no other one is nearer to either, and their tokens do not
    contradict each other: a client that breaks off counts no prompt, and no more of the answer than it has got.
    """
    free = _unpaired(pairs, requests)
    both = free.join(free, on="set", suffix="_b").filter(
        (pl.col("view") < pl.col("view_b"))
        & (pl.col("start_ns") < pl.col("end_ns_b"))
        & (pl.col("start_ns_b") < pl.col("end_ns"))
        & _compatible("input_tokens")
        & (_compatible("output_tokens") | _broken_off("", "_b") | _broken_off("_b", ""))
    )
    near = both.with_columns(
        shared=pl.min_horizontal("end_ns", "end_ns_b") - pl.max_horizontal("start_ns", "start_ns_b"),
        shorter=pl.min_horizontal(
            pl.col("end_ns") - pl.col("start_ns"), pl.col("end_ns_b") - pl.col("start_ns_b")
        ),
        distance=(pl.col("start_ns") - pl.col("start_ns_b")).abs()
        + (pl.col("end_ns") - pl.col("end_ns_b")).abs(),
    ).filter(pl.col("shared") * 2 >= pl.col("shorter"))
    nearest = near.filter(
        (pl.col("distance") == pl.col("distance").min().over("row", "view_b"))
        & (pl.col("distance") == pl.col("distance").min().over("row_b", "view"))
    ).unique(["row", "view_b"], keep="first", maintain_order=True)
    return nearest.select(a="row", b="row_b").cast(PAIRS)


def _joined_sets(pairs: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """`set` and `name` of the sessions that pairs have joined: one name for those that are one."""
    whose = requests.select("row", "set")
    named = pairs.join(whose.rename({"row": "a"}), on="a").join(
        whose.rename({"row": "b"}), on="b", suffix="_b"
    )
    sets = KeySets()
    sets.join_all(named.select("set", "set_b").unique().iter_rows())
    joined = pl.concat([named.get_column("set"), named.get_column("set_b")]).unique()
    return pl.DataFrame(
        {"set": joined, "name": [sets.find(key) for key in joined.to_list()]},
        schema={"set": pl.String, "name": pl.String},
    )


def _unpaired(pairs: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    paired = pl.concat([pairs.select(row="a"), pairs.select(row="b")])
    return (
        requests.join(_joined_sets(pairs, requests), on="set")
        .join(paired, on="row", how="anti")
        .drop_nulls(["start_ns", "end_ns"])
        .select("row", "view", "start_ns", "end_ns", *_TOKENS, set="name")
        .sort("set", "row")
    )


def _broken_off(client: str, server: str) -> pl.Expr:
    counted = pl.col(f"input_tokens{client}").fill_null(0) > 0
    return ~counted & (pl.col(f"output_tokens{client}") <= pl.col(f"output_tokens{server}")).fill_null(
        value=False
    )


def _compatible(name: str) -> pl.Expr:
    one, other = pl.col(name).fill_null(0), pl.col(f"{name}_b").fill_null(0)
    return (one == other) | (one == 0) | (other == 0)
