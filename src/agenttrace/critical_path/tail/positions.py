"""All sessions added up by place: paths by turn of the main agent, branches by their place in a fan-out."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.measures.joins import branches
from agenttrace.model.vocabulary import Phase

_SUMS = ("sessions", "wall_ns", *(f"phase_{phase.value}_ns" for phase in Phase))


def turn_positions(turns: pl.DataFrame) -> pl.DataFrame:
    """Of a turn table, what the n-th turns of the main agents come to: turn, sessions, wall_ns, phase_<phase>_ns."""
    main = turns.filter(pl.col("agent") == 0).with_columns(sessions=pl.lit(1, pl.Int64))
    return added_by_turn(main.select("turn", *_SUMS))


def added_by_turn(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of several such tables as one."""
    return rows.group_by("turn").agg(pl.col(_SUMS).sum()).sort("turn")


_BRANCH_SUMS = ("joins", "waited_for", "length_ns", "alone_ns")


def branch_positions(chunk: Chunk) -> pl.DataFrame:
    """Of the joins of `join_table` whose parent waits: position, joins, waited_for, length_ns, alone_ns.

    The branch that started n-th has position n. `waited_for`: how often it was the last one to end; `alone_ns`: how
    long it was then the only one still running.
    """
    fans = branches(chunk).sort("group", "graph_start", "graph_end", "row")
    ranked = fans.with_columns(
        size=pl.len().over("group"),
        position=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("group"),
        last=pl.struct("graph_end", "graph_start", "row").rank("ordinal", descending=True).over("group") == 1,
        before=pl.col("graph_end").sort(descending=True).get(1, null_on_oob=True).over("group"),
    ).filter(pl.col("size") > 1)
    alone = pl.when("last").then(pl.col("graph_end") - pl.col("before")).otherwise(0)
    each = ranked.select(
        "position",
        joins=pl.lit(1, pl.Int64),
        waited_for=pl.col("last").cast(pl.Int64),
        length_ns=pl.col("graph_end") - pl.col("graph_start"),
        alone_ns=alone,
    )
    return added_by_position(each)


def added_by_position(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of several such tables as one."""
    return rows.group_by("position").agg(pl.col(_BRANCH_SUMS).sum()).sort("position")
