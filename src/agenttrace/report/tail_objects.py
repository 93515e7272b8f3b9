"""What the JSON document says of the tail, and of paths added up by turn."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.tail.comparison import Tail, compare_tail
from agenttrace.model.vocabulary import Phase

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

Row = dict[str, Any]


def tail_of_all(analysis: Analysis) -> Row | None:
    """`summary.tail`; null where there are too few sessions to have one."""
    tail = compare_tail(analysis.sessions, analysis.parts)
    return None if tail is None else _tail(tail)


def _tail(tail: Tail) -> Row:
    low, high = tail.middle_ns
    return {
        "sessions": tail.sessions,
        "enough": tail.enough,
        "slow": {"n": tail.slow, "from_ns": tail.slow_from_ns, "mean_active_ns": tail.slow_mean_ns},
        "middle": {"n": tail.middle, "from_ns": low, "to_ns": high, "mean_active_ns": tail.middle_mean_ns},
        "difference_ns": tail.difference_ns,
        **{f"by_{name}": [asdict(part) for part in parts] for name, parts in tail.by.items()},
        "counts": [{"name": name, "slow": slow, "middle": mid} for name, (slow, mid) in tail.counts.items()],
        "open": [asdict(one) for one in tail.opened],
        "seed": tail.seed,
    }


def turns_of_all(analysis: Analysis) -> list[Row]:
    """`summary.by_turn`: the n-th turns of all main agents, their wall times and phases summed."""
    rows = []
    for row in analysis.by_turn.iter_rows(named=True):
        phases = {phase.value: row[f"phase_{phase.value}_ns"] for phase in Phase}
        head = {name: row[name] for name in ("turn", "sessions", "wall_ns")}
        rows.append({**head, "phases_ns": {name: value for name, value in phases.items() if value}})
    return rows
