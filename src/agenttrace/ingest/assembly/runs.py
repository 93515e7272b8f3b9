"""Which session a row belongs to: key sets first, then different runs that share their ids.

Two sources may name different runs by the same keys (a seeded client repeats its trace ids). They are
told apart by substance: where sources share span ids but not the time of those spans, they are
different runs; sources that share nothing go to the run that is nearest in time.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS, Frames
from agenttrace.ingest.assembly.keys import KeySets
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Severity


def name_sets(frames: Frames, *, strong_only: bool) -> pl.DataFrame:
    """`session_key` and the smallest key of its set."""
    sets = KeySets()
    edges = frames.key_edges.filter(pl.col("strong")) if strong_only else frames.key_edges
    sets.join_all(edges.select("key_a", "key_b").unique().iter_rows())
    keys = pl.concat(
        [frame.get_column("session_key") for frame in (frames.spans, frames.agents, frames.sessions)]
    ).unique()
    return pl.DataFrame(
        {"session_key": keys, "set": [sets.find(key) for key in keys.to_list()]},
        schema={"session_key": pl.String, "set": pl.String},
    )


def assign_runs(spans: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """For `spans` with `set` and `origin`: frame of set, origin, run (0 for the earliest run of a set)."""
    parts = spans.group_by("set", "origin").agg(
        low=pl.min_horizontal(pl.col("start_ns").min(), pl.col("end_ns").min()),
        high=pl.max_horizontal(pl.col("start_ns").max(), pl.col("end_ns").max()),
    )
    runs = parts.select("set", "origin", run=pl.lit(0, pl.Int32))
    conflicts = _conflicts(spans)
    if not conflicts:
        return runs
    separated: list[tuple[str, int, int]] = []
    for name, pairs in conflicts.items():
        extents = parts.filter(pl.col("set") == name).select("origin", "low", "high").rows()
        separated += [(name, origin, run) for origin, run in _separate(extents, pairs)]
    ledger.add(
        "id_collision",
        Severity.WARNING,
        "sources share ids but not times: kept apart as different runs",
        count=len(conflicts),
    )
    changed = pl.DataFrame(
        separated, schema={"set": pl.String, "origin": pl.Int32, "run": pl.Int32}, orient="row"
    )
    return pl.concat([runs.join(changed, on=["set", "origin"], how="anti"), changed])


def _conflicts(spans: pl.DataFrame) -> dict[str, set[tuple[int, int]]]:
    """Pairs of origins of a set that mostly disagree on when their shared spans happened."""
    shared = spans.filter(pl.col("origin").n_unique().over("set") > 1)
    if shared.is_empty():
        return {}
    bounds = shared.select(
        "set",
        "span_key",
        "origin",
        low="start_ns",
        high="end_ns",
    ).drop_nulls(["low", "high"])
    pairs = bounds.join(bounds, on=["set", "span_key"]).filter(pl.col("origin") < pl.col("origin_right"))
    agree = (pl.col("low") <= pl.col("high_right") + TOLERANCE_NS) & (
        pl.col("low_right") <= pl.col("high") + TOLERANCE_NS
    )
    votes = pairs.group_by("set", "origin", "origin_right").agg(agree=agree.mean())
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name, a, b in votes.filter(pl.col("agree") < 0.5).select("set", "origin", "origin_right").iter_rows():
        found[name] |= {(a, b), (b, a)}
    return dict(found)


def _separate(
    extents: list[tuple[int, int | None, int | None]], conflicts: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Greedy in order of time: the nearest run that no member of which conflicts, or a new one."""
    runs: list[tuple[list[int], int, int]] = []
    placed: list[tuple[int, int]] = []
    known = [(low or 0, high or 0, origin) for origin, low, high in extents]
    for low, high, origin in sorted(known):
        free = [
            (max(run_low - high, low - run_high, 0), index)
            for index, (members, run_low, run_high) in enumerate(runs)
            if not any((origin, member) in conflicts for member in members)
        ]
        if free:
            _, index = min(free)
            members, run_low, run_high = runs[index]
            runs[index] = ([*members, origin], min(run_low, low), max(run_high, high))
        else:
            index = len(runs)
            runs.append(([origin], low, high))
        placed.append((origin, index))
    return placed
