"""Comparisons to be shown: one of each kind of verdict, and one that says hostile things."""

from __future__ import annotations

from datetime import date
from functools import cache

from agenttrace.diff.comparison import compare
from agenttrace.diff.policy import DEFAULT_GATES, Budget, Gate, Level, Policy, Waiver
from agenttrace.diff.result import Comparison
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.model.vocabulary import Phase
from unit.diff.sides import S, drawn, session, side
from unit.report.analyses import HOSTILE

TODAY = date(2026, 6, 1)
SOURCES = ("traces/before", "traces/after")


@cache
def regression() -> Comparison:
    """Serving takes 1.5 times as long, three sessions fail; tools stay as they are, a budget is exceeded."""
    after = drawn("b", 60, seed=2, slower=1.5)
    for row in after[:3]:
        row["outcome"] = "failed"
    policy = Policy(
        budgets=(
            Budget("session.active_time", Stat.P95, 30.0 * S),
            Budget("request.ttft", Stat.P50, 2.0 * S, Level.WARN),
            Budget("session.wall_time", Stat.P99, 60.0 * S),
        )
    )
    return compare(side(drawn("a", 60, seed=1)), side(after), policy, today=TODAY)


@cache
def waived() -> Comparison:
    """The same tools take longer, which somebody knows of; another waiver is over."""
    after = drawn("b", 60, seed=2)
    for row in after:
        more = row["path_tool_ns"]
        row.update(
            {name: row[name] + more for name in ("path_tool_ns", "busy_tool_ns", "wall_ns", "active_ns")}
        )
        row["parts"] = [
            part | {"length_ns": part["length_ns"] + more * (part["phase"] == "tool")}
            for part in row["parts"]
        ]
        row["turns"] = [{"turn": "1", "length_ns": row["wall_ns"]}]
    policy = Policy(
        gates=(*DEFAULT_GATES, Gate("phase.tool", Stat.MEAN, Level.WARN)),
        waivers=(
            Waiver("session.active_time", "a larger test suite", date(2026, 12, 31), 1.0, "ABC-1"),
            Waiver("phase.tool", "over by now", date(2026, 1, 1)),
        ),
    )
    return compare(side(drawn("a", 60, seed=1)), side(after), policy, today=TODAY)


@cache
def nothing() -> Comparison:
    """The same sessions on both sides."""
    rows = side(drawn("a", 60, seed=1))
    return compare(rows, rows, today=TODAY)


@cache
def few() -> Comparison:
    """Three sessions a side, none of which has a counterpart."""
    before = [session(f"a-x{task}", {Phase.MODEL: (4 + task) * S}) for task in range(3)]
    after = [session(f"b-y{task}", {Phase.MODEL: (5 + task) * S}) for task in range(3)]
    return compare(side(before), side(after), today=TODAY)


@cache
def hostile() -> Comparison:
    """Every word that a trace may say is hostile."""
    sides = []
    for prefix, slower in (("a", 1.0), ("b", 2.0)):
        rows = drawn(f"{HOSTILE}{prefix}", 12, seed=1, slower=slower)
        for row in rows:
            row["parts"] = [
                part | {name: f"{HOSTILE}{name}" for name in ("tool", "agent", "model")}
                for part in row["parts"]
            ]
        sides.append(side(rows))
    return compare(sides[0], sides[1], today=TODAY)


ALL = {"regression": regression, "waived": waived, "nothing": nothing, "few": few}
