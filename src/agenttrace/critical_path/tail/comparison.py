"""What the slow sessions have more of than those in the middle: an exact division of their mean active times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from agenttrace.critical_path.slowness import IDLE
from agenttrace.critical_path.summary import ENOUGH_FOR_P95
from agenttrace.critical_path.tail.parts import DIMENSIONS
from agenttrace.critical_path.tail.resampling import Bools, Floats, Groups, Ints, intervals, split
from agenttrace.model.vocabulary import Phase

LEAST_SESSIONS = 5
"""Fewer sessions than these have no tail."""

REST = "(rest)"
Beyond: TypeAlias = list[tuple[str, int]]
"""Parts, and how many nanoseconds more a session has of each than the middle."""

SHOWN_PARTS = 20
OPENED = 5
COUNTED = (
    *(
        "requests",
        "main_turns",
        "subagents",
        "subagent_requests",
        "tool_calls",
        "compactions",
        "retries",
        "errors",
    ),
    *("input_tokens", "output_tokens", "cache_misses", "missed_tokens", "joins", "join_wait_ns"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Mean active time in one part, of the slow sessions and of the middle ones; the interval is of `delta_ns`."""

    name: str
    slow_ns: int
    middle_ns: int
    delta_ns: int
    low_ns: int
    high_ns: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A session to look at, and the part of which it has most beyond the middle sessions."""

    session: str
    active_ns: int
    wall_ns: int
    by: str
    name: str
    beyond_ns: int


@dataclass(frozen=True, slots=True)
class Tail:
    """The slow sessions against the middle ones, by active time. In each of `by` the `delta_ns` sum to `difference_ns`.

    `counts`: means of both sides, of what is counted rather than timed; null where it is not known. `enough`: whether
    so many sessions carry a p95.
    """

    sessions: int
    enough: bool
    slow: int
    slow_from_ns: int
    middle: int
    middle_ns: tuple[int, int]
    slow_mean_ns: int
    middle_mean_ns: int
    difference_ns: int
    by: Mapping[str, Sequence[Part]]
    counts: Mapping[str, tuple[float | None, float | None]]
    opened: Sequence[Opened]
    seed: int


def compare_tail(sessions: pl.DataFrame, parts: pl.DataFrame, seed: int = 0) -> Tail | None:
    """The tail of all `sessions`, whose paths `parts` has; null for fewer than LEAST_SESSIONS or idle ones."""
    working = parts.filter(~pl.col("phase").cast(pl.String).is_in([phase.value for phase in IDLE]))
    if sessions.height < LEAST_SESSIONS or not working.height:
        return None
    ordered = sessions.sort("session")
    active = ordered.get_column("active_ns").to_numpy()
    groups = split(active)
    tables = {name: _table(working, name, ordered.get_column("session")) for name in DIMENSIONS}
    slow_mean, middle_mean = _mean(active, groups.slow), _mean(active, groups.middle)
    middle = active[groups.middle]
    edges = intervals(
        active, np.hstack([table.to_numpy().astype(np.float64) for table in tables.values()]), seed
    )
    return Tail(
        sessions=len(active),
        enough=len(active) >= ENOUGH_FOR_P95,
        slow=int(groups.slow.sum()),
        slow_from_ns=int(active[groups.slow].min()),
        middle=int(groups.middle.sum()),
        middle_ns=(int(middle.min()), int(middle.max())),
        slow_mean_ns=slow_mean,
        middle_mean_ns=middle_mean,
        difference_ns=slow_mean - middle_mean,
        by=_divided(tables, groups, (slow_mean, middle_mean), edges),
        counts={name: _counted(ordered, name, groups) for name in COUNTED if name in ordered.columns},
        opened=_opened(ordered, tables, groups),
        seed=seed,
    )


def _mean(values: Ints, of: Bools) -> int:
    return round(int(values[of].sum()) / int(of.sum()))


def _table(parts: pl.DataFrame, by: str, names: pl.Series) -> pl.DataFrame:
    """A row a session, a column a part of it in that dimension, the heaviest of all first; the others are REST."""
    named = parts.select("session", pl.col(by).cast(pl.String).fill_null(REST).alias("part"), "length_ns")
    totals = (
        named.group_by("part")
        .agg(pl.col("length_ns").sum())
        .sort("length_ns", "part", descending=[True, False])
    )
    shown = totals.filter(pl.col("part") != REST).head(SHOWN_PARTS).get_column("part").to_list()
    kept = named.with_columns(part=pl.when(pl.col("part").is_in(shown)).then("part").otherwise(pl.lit(REST)))
    wide = kept.pivot("part", index="session", values="length_ns", aggregate_function="sum")
    ordered = pl.DataFrame({"session": names.cast(parts["session"].dtype)}).join(
        wide, on="session", how="left", maintain_order="left"
    )
    columns = [name for name in (*shown, REST) if name in ordered.columns]
    return ordered.select(pl.col(columns).fill_null(0))


def _divided(
    tables: Mapping[str, pl.DataFrame], groups: Groups, means: tuple[int, int], edges: Floats
) -> dict[str, list[Part]]:
    """The parts in each dimension, those that grew most first. `edges`: low and high of all columns in a row."""
    found, place = {}, 0
    for by, table in tables.items():
        slow, middle = (
            _shares(table, of, mean) for of, mean in zip((groups.slow, groups.middle), means, strict=True)
        )
        low, high = edges[:, place : place + table.width].round().astype(np.int64).tolist()
        place += table.width
        rows = zip(table.columns, slow, middle, low, high, strict=True)
        parts = [Part(name, one, other, one - other, *between) for name, one, other, *between in rows]
        found[by] = sorted(parts, key=lambda part: (-part.delta_ns, part.name))
    return found


def _shares(table: pl.DataFrame, of: Bools, mean: int) -> list[int]:
    """Means of the columns, whole nanoseconds that sum to `mean`: the largest remainders are rounded up."""
    count = int(of.sum())
    sums = [int(table.get_column(name).filter(pl.Series(of)).sum()) for name in table.columns]
    floors = [total // count for total in sums]
    rising = sorted(range(len(sums)), key=lambda place: (-(sums[place] % count), place))
    for place in rising[: mean - sum(floors)]:
        floors[place] += 1
    return floors


def _counted(ordered: pl.DataFrame, name: str, groups: Groups) -> tuple[float | None, float | None]:
    values = ordered.get_column(name).cast(pl.Float64)
    return _rounded_mean(values, groups.slow), _rounded_mean(values, groups.middle)


def _rounded_mean(values: pl.Series, of: Bools) -> float | None:
    known = values.filter(pl.Series(of)).drop_nulls().to_numpy()
    return round(float(known.mean()), 3) if len(known) else None


def _opened(ordered: pl.DataFrame, tables: Mapping[str, pl.DataFrame], groups: Groups) -> list[Opened]:
    """The slowest sessions, each with the phase or tool that sets it most apart."""
    names, active, wall = (ordered.get_column(name) for name in ("session", "active_ns", "wall_ns"))
    slowest = sorted(np.flatnonzero(groups.slow).tolist(), key=lambda row: (-active[row], names[row]))[
        :OPENED
    ]
    found = []
    for row in slowest:
        most, by, name = _furthest(*(_beyond(tables[by], row, groups) for by in ("phase", "tool")))
        found.append(Opened(names[row], int(active[row]), int(wall[row]), by, name, most))
    return found


def _furthest(phases: Beyond, tools: Beyond) -> tuple[int, str, str]:
    """How far, in which dimension, and in what: a tool stands for the phase of tools if it is most of that."""
    most, name = max(((ns, name) for name, ns in phases if name != REST), default=(0, REST))
    tool_ns, tool = max(((ns, name) for name, ns in tools if name != REST), default=(0, REST))
    if name == Phase.TOOL and 2 * tool_ns > most:
        return tool_ns, "tool", tool
    return most, "phase", name


def _beyond(table: pl.DataFrame, row: int, groups: Groups) -> Beyond:
    values = table.to_numpy()
    beyond = values[row] - values[groups.middle].mean(axis=0)
    return list(zip(table.columns, beyond.round().astype(np.int64).tolist(), strict=True))
