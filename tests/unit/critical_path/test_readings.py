"""Both readings: with the joins between agents that only times suggest, and without them."""

from __future__ import annotations

from typing import Any

from hypothesis import given

import agenttrace
from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.other_reading import session_readings, summed_reading
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.readings import reading_table, without_inferred_joins
from agenttrace.critical_path.segments import path_segments
from agenttrace.model.vocabulary import Phase
from strategies import Rows, sessions
from unit.ingest.assembly.rows import SECOND, Row, agent, link, span, trace_of

MAIN = [
    agent("m"),
    span("m", "r1", "request", 1, 10),
    span("m", "t", "tool", 10, 30, name="Agent"),
    span("m", "r2", "request", 31, 41),
]
INSIDE = [*MAIN, agent("a", "m"), span("a", "x", "request", 11, 29)]


def analysed(rows: list[Row], *what_if: str) -> Analysis:
    return agenttrace.analyze(trace_of(rows), what_if)


def told(analysis: Analysis) -> dict[str, Any]:
    (reading,) = session_readings(analysis).values()
    return {name: ns // SECOND for name, ns in reading.critical_path_ns.items() if ns}


def test_a_subagent_in_a_tool_call_only_by_time_may_not_be_what_the_call_waited_for() -> None:
    analysis = analysed(INSIDE)
    assert analysis.sessions["path_model_ns"][0] == (9 + 18 + 10) * SECOND
    assert told(analysis) == {"model": 19, "tool": 20, "harness": 1}
    reading = summed_reading(analysis)
    assert reading is not None
    assert (reading.inferred_joins, reading.moved_ns, reading.differs) == (1, 18 * SECOND, True)


def test_a_what_if_is_answered_in_both() -> None:
    (answer,) = analysed(INSIDE, "tool=0").what_if.iter_rows(named=True)
    assert (answer["saved_ns"], answer["other_saved_ns"]) == (2 * SECOND, 20 * SECOND)


def test_what_a_record_states_is_the_same_in_both() -> None:
    spawned = [*MAIN, agent("a", "m", spawn_key="t"), span("a", "x", "request", 11, 29)]
    assert analysed(spawned).readings.is_empty()
    joined = [*INSIDE, link("a", "x", "r2", kind="feeds")]
    assert analysed(joined).readings.is_empty()


def test_an_inferred_use_of_background_work_is_left_out() -> None:
    rows = [
        agent("m"),
        span("m", "r1", "request", 1, 10),
        span("m", "t", "tool", 12, 30, name="Bash"),
        span("m", "r2", "request", 60, 70),
        agent("a", "m", name="scout", background=True),
        span("a", "x", "request", 10, 59),
        link("m", "r1", "t"),
        link("m", "a", "r2", kind="joins", explicit=False),
    ]
    analysis = analysed(rows)
    assert analysis.sessions["path_model_ns"][0] > 50 * SECOND
    assert told(analysis)["model"] == 19


def test_agents_that_do_not_wait_for_one_another_have_one_reading() -> None:
    assert analysed(MAIN).readings.is_empty()
    assert summed_reading(analysed(MAIN)) is None


@given(sessions())
def test_the_other_path_tiles_the_same_wall_time(rows: Rows) -> None:
    trace = rows.trace()
    graph = build_graph(trace)
    table = reading_table(
        graph, path_segments(graph, find_critical_path(graph)), without_inferred_joins(trace, graph)
    )
    wall = rows.spans[0]["end_ns"] - rows.spans[0]["start_ns"]
    for row in table.iter_rows(named=True):
        assert sum(row[f"path_{phase.value}_ns"] for phase in Phase) == wall
        assert 0 <= row["moved_ns"] <= wall
        assert row["inferred_joins"] > 0
