"""Calls that no id makes one: each is paired with the call of another source that is nearest to it.

Equal calls that run side by side cannot be told apart, and need not be: as many in one source as in the other are
as many pairs, whichever is paired with which.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

APART_NS = 20_000_000
"""Two programs note one call at different places in their code: each bound differs by so much at most."""

_CROWD = 500
"""Of more calls of one tool that begin at one time the first is the first: not all pairs of them are looked at."""

_KNOWN = ("sid", "name", "origin", "lane", "laned", "call_id", "start_ns", "end_ns", "rank", "row")


def nearest_calls(facts: pl.DataFrame) -> pl.DataFrame:
    """Pairs of `row` and `to`, the row of another source that it is; a call is one of each other source's at most.

    `laned`: its source tells agents apart; of two such sources only calls of one lane are one.
    """
    tools = facts.filter((pl.col("kind") == "tool") & pl.col("name").is_not_null()).select(*_KNOWN)
    pairs = _paired(_candidates(tools))
    best = pairs.sort("row", "rank_b").unique("row", keep="first", maintain_order=True)
    return best.select("row", to="row_b")


def _candidates(tools: pl.DataFrame) -> pl.DataFrame:
    """Pairs of calls near to each other, the better known one as `_b`; the nearest first."""
    together = ["sid", "name", "bucket"]
    placed = tools.sort("sid", "name", "start_ns", "end_ns", "rank").with_columns(
        bucket=pl.col("start_ns") // APART_NS
    )
    turn = pl.int_range(pl.len()).over(*together, "origin")
    crowd = pl.len().over(*together, "origin") > _CROWD
    placed = placed.with_columns(turn=turn, which=pl.when(crowd).then(turn).otherwise(-1))
    beside = pl.concat([placed.with_columns(bucket=pl.col("bucket") + step) for step in (-1, 0, 1)])
    both = placed.join(beside, on=[*together, "which"], suffix="_b").filter(
        (pl.col("rank_b") < pl.col("rank"))
        & (pl.col("origin") != pl.col("origin_b"))
        & ((pl.col("lane") == pl.col("lane_b")) | ~(pl.col("laned") & pl.col("laned_b")))
        & (pl.col("call_id") == pl.col("call_id_b")).fill_null(value=True)
    )
    starts, ends = ((pl.col(n) - pl.col(f"{n}_b")).abs() for n in ("start_ns", "end_ns"))
    out_of_turn = (pl.col("turn").cast(pl.Int64) - pl.col("turn_b").cast(pl.Int64)).abs()
    return (
        both.filter((starts <= APART_NS) & (ends <= APART_NS))
        .with_columns(distance=starts + ends, out_of_turn=out_of_turn)
        .sort("distance", "out_of_turn", "rank_b", "rank")
        .select("row", "row_b", "origin", "origin_b", "rank_b")
    )


def _paired(candidates: pl.DataFrame) -> pl.DataFrame:
    """Of the candidates as many as fit beside each other, near ones first: a call has one partner in a source."""
    near: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    sides = []
    for row, row_b, origin, origin_b, _ in candidates.iter_rows():
        sources, one, other = (
            ((origin, origin_b), row, row_b) if origin < origin_b else ((origin_b, origin), row_b, row)
        )
        near[sources][one].append(other)
        sides.append((one, other))
    partners = {pair for calls in near.values() for pair in _most_pairs(calls)}
    return candidates.filter(pl.Series([pair in partners for pair in sides], dtype=pl.Boolean))


def _most_pairs(near: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Each call with one of those near it, for as many as can be. The nearest are given first, while they are free."""
    partner: dict[int, int] = {}
    held_by: dict[int, int] = {}
    for call, others in near.items():
        free = next((other for other in others if other not in held_by), None)
        if free is not None:
            partner[call], held_by[free] = free, call
    for call in near:
        if call not in partner:
            for taker, other in _swaps(call, near, held_by):
                partner[taker], held_by[other] = other, taker
    return iter(partner.items())


def _swaps(
    call: int, near: Mapping[int, Sequence[int]], held_by: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Who takes which instead, so that a call whose near ones are all taken has one, too; none if that cannot be."""
    came_from: dict[int, tuple[int, int | None]] = {}
    waiting: deque[tuple[int, int | None]] = deque([(call, None)])
    while waiting:
        asking, gives_up = waiting.popleft()
        for other in near[asking]:
            if other in came_from:
                continue
            came_from[other] = asking, gives_up
            if other in held_by:
                waiting.append((held_by[other], other))
                continue
            taken: int | None = other
            while taken is not None:
                taker, before = came_from[taken]
                yield taker, taken
                taken = before
            return
