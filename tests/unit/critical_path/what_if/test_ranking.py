"""Which changes would help: the standard ones, their curves, and where they stop helping."""

from __future__ import annotations

import polars as pl
import pytest

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.schedule import plan
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.ranking import first_sessions, looked_at_first, ranking
from agenttrace.critical_path.what_if.summing import stopping_point
from timeline import MS, draw

FAN_OUT = """
    session       |================================|
      request r   |================                |
      tool a      |                ====            |  after r
      tool b      |                ========        |  after r
      request s   |                        ========|  after a b
"""


def ranked(text: str) -> pl.DataFrame:
    trace = draw(text).trace
    return ranking(Bench(trace, plan(build_graph(trace)))).drop_nulls("change")


def test_what_helps_most_comes_first() -> None:
    found = ranked(FAN_OUT)
    assert found["change"].to_list() == ["model", "tool", "tool:b"]
    assert (found["saved_4"] / MS).to_list() == [12, 4, 4]
    assert (found["saved_0"] / MS).to_list() == [24, 8, 4]


def test_a_change_stops_helping_where_the_path_goes_elsewhere() -> None:
    found = {row["change"]: row for row in ranked(FAN_OUT).iter_rows(named=True)}
    curves = {name: [row[f"saved_{step}"] for step in range(8)] for name, row in found.items()}
    assert {name: stopping_point(curve) for name, curve in curves.items()} == {
        "model": None,
        "tool": None,
        "tool:b": 0.5,
    }


@pytest.mark.parametrize(
    ("curve", "stops"),
    [
        ([8, 7, 6, 5, 4, 3, 2, 1], None),
        ([4, 4, 4, 4, 4, 3, 2, 1], 0.5),
        ([50, 50, 50, 50, 45, 30, 15, 0], 0.458),
        ([10, 10, 10, 10, 10, 10, 10, 10], 0.875),
        ([100, 100, 100, 100, 100, 100, 100, 80], 0.844),
    ],
)
def test_the_point_lies_where_the_lines_meet(curve: list[int], stops: float | None) -> None:
    assert stopping_point(curve) == stops


def test_names_that_the_grammar_would_read_otherwise_are_patterns() -> None:
    found = ranked("""
        session        |========|
          tool a,b&c*[ |========|
    """)
    assert found["change"].to_list() == ["tool", "tool:a?b?c??"]


def test_which_sessions_are_looked_at_does_not_depend_on_how_they_come() -> None:
    sizes = {f"s{number}": 10 + number for number in range(40)}
    names = list(sizes)
    chosen = first_sessions(sizes, 100)
    assert 2 <= len(chosen) <= 10
    assert first_sessions({name: sizes[name] for name in names[::-1]}, 100) == chosen
    some = [{name: sizes[name] for name in names[low : low + 10]} for low in range(0, 40, 10)]
    parts = [first_sessions(part, 100) for part in some]
    frame = pl.DataFrame(
        {
            "session": [name for part in parts for name in part],
            "change": pl.Series([None] * sum(map(len, parts)), dtype=pl.String),
            "spans": [sizes[name] for part in parts for name in part],
        }
    )
    assert sorted(looked_at_first(frame, 100)["session"]) == sorted(chosen)
