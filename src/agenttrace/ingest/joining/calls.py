"""Tool calls, compactions and waits of which two sources tell: one span each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.lane_numbers import lane_of
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import climb, parent_rows
from agenttrace.ingest.joining.nearest import APART_NS, nearest_calls
from agenttrace.ingest.joining.requests import Sightings, unsureness

_NEIGHBOURS = 2
_KINDS = ("tool", "compaction", "user_wait")


def same_calls(spans: pl.DataFrame, seen: Sightings, lanes_known: pl.Series) -> Rows:
    """For each tool call, compaction and wait the row of another source that it becomes part of; or NONE.

    `lanes_known`: whether the source of a row tells agents apart. Calls are one by their id, or by name, bounds
    and, where both sources know it, lane; compactions and waits of one lane by their time. The
    row whose bounds are known best stands for the others; of equally good ones that of the source whose requests
    stand for those of others (so that both are of one clock), then the longest.
    """
    facts = _facts(spans, seen, lanes_known)
    into = np.arange(spans.height, dtype=np.int64)
    by_id = _by_id(facts)
    free = facts.join(by_id.select("row"), on="row", how="anti").join(
        by_id.select(row="to"), on="row", how="anti"
    )
    for pairs in (by_id, nearest_calls(free), *_by_neighbours(free)):
        rows = pairs.get_column("row").to_numpy()
        unmoved = into[rows] == rows
        into[rows[unmoved]] = pairs.get_column("to").to_numpy()[unmoved]
    into = climb(into)
    return np.where(into == np.arange(len(into)), NONE, into)


def _facts(spans: pl.DataFrame, seen: Sightings, lanes_known: pl.Series) -> pl.DataFrame:
    """What tells calls apart, of sessions with several sources; `rank`: the smaller, the better known."""
    chosen = pl.col("kind").is_in(_KINDS) & (pl.col("origin").n_unique().over("sid") > 1)
    known = spans.select(
        "sid", "kind", "origin", "call_id", "name", "start_ns", "end_ns", "span_key",
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        lane=lane_of(spans, parent_rows(spans)),
        laned=lanes_known,
        unsure=pl.Series(unsureness(spans)),
        kept=chosen,
    )  # fmt: skip
    standing = np.unique(seen.holder[seen.holder != NONE])
    clients = spans[standing].select("sid", "origin").group_by("sid", "origin").len("stands")
    ordered = (
        known.filter("kept")
        .join(clients, on=["sid", "origin"], how="left")
        .sort(
            "unsure",
            -pl.col("stands").fill_null(0).cast(pl.Int64),
            pl.col("start_ns") - pl.col("end_ns"),
            "span_key",
        )
    )
    return ordered.with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int64)).drop("kept", "unsure", "stands")


def _by_id(facts: pl.DataFrame) -> pl.DataFrame:
    tools = facts.filter(pl.col("call_id").is_not_null())
    pairs = tools.join(tools, on=["sid", "call_id"], suffix="_b").filter(
        (pl.col("origin") != pl.col("origin_b"))
        & (pl.col("rank") > pl.col("rank_b"))
        & (pl.col("start_ns") <= pl.col("end_ns_b") + APART_NS)
        & (pl.col("start_ns_b") <= pl.col("end_ns") + APART_NS)
    )
    return (
        pairs.sort("row", "rank_b").unique("row", keep="first", maintain_order=True).select("row", to="row_b")
    )


def _by_neighbours(facts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Compactions and waits that begin one after the other in a lane, and are alike."""
    ordered = facts.filter(pl.col("kind") != "tool").sort("sid", "lane", "kind", "start_ns", "rank")
    for distance in range(1, _NEIGHBOURS + 1):
        before = ordered.select(pl.all().shift(distance).name.suffix("_b"))
        both = pl.concat([ordered, before], how="horizontal").drop_nulls("row_b")
        together = pl.all_horizontal(*(pl.col(n) == pl.col(f"{n}_b") for n in ("sid", "lane", "kind")))
        alike = both.filter(together & (pl.col("origin") != pl.col("origin_b")) & _mostly())
        first = pl.col("rank") < pl.col("rank_b")
        yield alike.select(
            row=pl.when(first).then("row_b").otherwise("row"),
            to=pl.when(first).then("row").otherwise("row_b"),
        )


def _mostly() -> pl.Expr:
    """They have half of the shorter one's time in common."""
    shared = pl.min_horizontal("end_ns", "end_ns_b") - pl.max_horizontal("start_ns", "start_ns_b")
    shorter = pl.min_horizontal(
        pl.col("end_ns") - pl.col("start_ns"), pl.col("end_ns_b") - pl.col("start_ns_b")
    )
    return (shared >= 0) & (shared * 2 >= shorter)
