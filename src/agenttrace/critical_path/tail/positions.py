"""All sessions added up by place: paths by turn of the main agent, branches by their place in a fan-out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints, run_starts, sorting
from agenttrace.critical_path.measures.joins import Branches
from agenttrace.model.vocabulary import Phase

_SUMS = ("sessions", "wall_ns", *(f"phase_{phase.value}_ns" for phase in Phase))


def turn_positions(turns: pl.DataFrame) -> pl.DataFrame:
    """Of a turn table, what the n-th turns of the main agents come to: turn, sessions, wall_ns, phase_<phase>_ns."""
    main = turns.filter(pl.col("agent") == 0)
    turn = main.get_column("turn").to_numpy()
    order = sorting(turn.astype(np.int64))
    first = np.flatnonzero(run_starts(turn[order]))
    columns = {
        "sessions": np.ones(len(turn), np.int64),
        **{name: main.get_column(name).to_numpy() for name in _SUMS[1:]},
    }
    return pl.DataFrame({"turn": turn[order[first]], **_added(columns, order, first)})


def added_by_turn(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of several such tables as one."""
    return rows.group_by("turn").agg(pl.col(_SUMS).sum()).sort("turn")


_BRANCH_SUMS = ("joins", "waited_for", "length_ns", "alone_ns")


def branch_positions(fans: Branches) -> pl.DataFrame:
    """Of `awaited_branches`: position, joins, waited_for, length_ns, alone_ns.

    The branch that started n-th has position n. `waited_for`: how often it was the last one to end; `alone_ns`: how
    long it was then the only one still running.
    """
    group, start, end, row = fans.group, fans.start, fans.end, fans.row
    by_start = np.lexsort((row, end, start, group))
    first = np.flatnonzero(run_starts(group[by_start]))
    number = np.arange(len(group)) - np.repeat(first, np.diff(np.append(first, len(group))))
    by_end = np.lexsort((row, start, end, group))
    last = np.append(first[1:], len(group)) - 1 if len(first) else first
    waited_for, alone = np.zeros((2, len(group)), np.int64)
    waited_for[by_end[last]] = 1
    alone[by_end[last]] = end[by_end[last]] - end[by_end[last - 1]]
    length = end - start
    each = {
        "position": number + 1,
        "joins": np.ones_like(group),
        "waited_for": waited_for[by_start],
        "length_ns": length[by_start],
        "alone_ns": alone[by_start],
    }
    position = each.pop("position")
    order = sorting(position)
    first = np.flatnonzero(run_starts(position[order]))
    return pl.DataFrame({"position": position[order[first]], **_added(each, order, first)})


def _added(columns: Mapping[str, Ints], order: Ints, first: Ints) -> dict[str, Ints]:
    """The sums of columns, in an order, from each `first` row of it to before the next."""
    return {
        name: np.add.reduceat(values[order], first) if len(first) else first
        for name, values in columns.items()
    }


def added_by_position(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of several such tables as one."""
    return rows.group_by("position").agg(pl.col(_BRANCH_SUMS).sum()).sort("position")
