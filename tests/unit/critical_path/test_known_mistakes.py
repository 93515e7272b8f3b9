"""The mistakes of other tools that concern the path, by their number in reference/critical-path.md.

M12 is about drag, M15, M16 and M19 about outputs and libraries; the others are here.
"""

from __future__ import annotations

import numpy as np
import pytest

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.schedule import plan, retime
from agenttrace.critical_path.segments import path_segments
from agenttrace.model.trace import Trace
from timeline import MS, check, draw, trace_of
from unit.critical_path.large import chain, fan, nest
from unit.critical_path.paths import backwards, bare, found, segments_of

LARGE = 1_000_000
DEEP = 100_000


def test_m01_siblings_that_touch_are_both_on_the_path() -> None:
    trace = bare(("P", None, 100, 200), ("C1", "P", 100, 150), ("C2", "P", 150, 200))
    assert backwards(trace) == [["C2", 150, 200], ["C1", 100, 150]]


def test_m02_a_child_that_starts_at_zero_is_a_child() -> None:
    trace = bare(("P", None, 0, 100), ("A", "P", 0, 40), ("B", "P", 60, 90))
    assert backwards(trace) == [["P", 90, 100], ["B", 60, 90], ["P", 40, 60], ["A", 0, 40]]


def test_m02_times_before_the_epoch_are_times() -> None:
    trace = bare(("P", None, -100, 100), ("A", "P", -50, 0))
    assert backwards(trace) == [["P", 0, 100], ["A", -50, 0], ["P", -100, -50]]


@pytest.mark.parametrize(
    ("trace", "segments"),
    [(chain(LARGE), LARGE - 1), (fan(LARGE), 3), (nest(DEEP), 2 * DEEP - 1)],
    ids=["m03 chain", "m14 fan", "m13 nest"],
)
def test_length_width_and_depth_are_no_limit(trace: Trace, segments: int) -> None:
    graph = build_graph(trace)
    path = path_segments(graph, find_critical_path(graph))
    assert len(path.length) == segments
    assert path.length.sum() == graph.forest.end[0] - graph.forest.start[0]


@pytest.mark.parametrize("trace", [chain(DEEP), fan(DEEP), nest(DEEP // 10)], ids=["chain", "fan", "nest"])
def test_m13_the_forward_pass_has_no_limit_either(trace: Trace) -> None:
    graph = build_graph(trace)
    assert (retime(plan(graph), graph.gaps) == graph.nodes.t).all()


def test_m04_a_path_reaches_the_start_whatever_the_trace() -> None:
    trace = bare(("P", None, 0, 10 * MS), ("A", "P", 50 * MS, 60 * MS), ("B", "A", 5 * MS, 70 * MS))
    assert sum(row["end_ns"] - row["start_ns"] for row in segments_of(trace)) == 10 * MS


def test_m05_of_parallel_siblings_the_stated_cause_is_followed() -> None:
    check("""
        session     |=##========|
          tool a    |===        |
          request b |#          |
          tool c    |   ########|  after b
    """)


def test_m06_a_link_to_what_is_not_in_the_session_is_left_out() -> None:
    spans = [
        {"session": name, "span": number, "parent": None if not number else 0, "kind": kind, "name": kind}
        | {"start_ns": 0, "end_ns": 10}
        for name in ("one", "two")
        for number, kind in enumerate(("session", "tool"))
    ]
    links = [
        {"session": "one", "from_span": 7, "to_span": 1},
        {"session": "two", "from_span": 1, "to_span": 7},
    ]
    assert [row["name"] for row in segments_of(trace_of(spans, links))] == ["tool", "tool"]
    assert found(trace_of(spans, links)) == {"link_unknown": 2}


def test_m08_roots_beside_each_other_share_one_wall_time() -> None:
    trace = bare(("session", None, 0, 149), ("P", "session", 0, 100), ("Q", "session", 49, 149))
    assert sum(end - start for _, start, end in backwards(trace)) == 149


def test_m08_an_orphan_is_covered() -> None:
    trace = bare(("session", None, 0, 149), ("P", "session", 0, 100), ("Q", None, 49, 149))
    assert backwards(trace) == [["Q", 49, 149], ["session", 0, 49]]


def test_m09_nanoseconds_are_kept() -> None:
    trace = bare(("P", None, 1, 1_000_000_000_000_000_002), ("A", "P", 3, 1_000_000_000_000_000_001))
    assert [row["end_ns"] - row["start_ns"] for row in segments_of(trace)] == [2, 999_999_999_999_999_998, 1]


def test_m09_parents_are_clipped_before_their_children() -> None:
    """Each overruns by less than the tolerance, all together by more."""
    trace = bare(
        ("P", None, 0, 10 * MS), ("A", "P", 0, 11 * MS), ("B", "A", 0, 12 * MS), ("C", "B", 0, 13 * MS)
    )
    graph = build_graph(trace)
    assert graph.forest.end.tolist() == [10 * MS, 10 * MS, 10 * MS, 13 * MS]
    assert graph.forest.join.tolist() == [-1, -1, -1, -1]


def test_m10_what_has_no_length_is_never_on_the_path() -> None:
    drawing = check("""
        session   |==##=|
          tool a  |  !  |
          tool b  |##   |
          tool c  |    #|
    """)
    assert [name for name, *_ in drawing.path()] == ["b", "session", "c"]


@pytest.mark.parametrize("gap", [0, 1, 9])
def test_m11_siblings_that_overlap_a_little_are_not_both_counted(gap: int) -> None:
    trace = bare(("P", None, 0, 1000), ("A", "P", 0, 500), ("B", "P", 500 - gap, 1000))
    assert sum(end - start for _, start, end in backwards(trace)) == 1000


def test_m17_the_time_between_is_part_of_the_path() -> None:
    drawing = check("""
        session   |#==#==#|
          tool a  | ##    |
          tool b  |    ## |
    """)
    assert sum(end - start for name, _, start, end in drawing.path() if name == "session") == 3


def test_m18_an_overrun_of_a_nanosecond_costs_a_nanosecond() -> None:
    trace = bare(("P", None, 0, 1000), ("A", "P", 10, 1001))
    assert backwards(trace) == [["A", 10, 1000], ["P", 0, 10]]
    assert found(trace) == {"child_end_clipped": 1}


def test_m20_parallel_tools_of_an_agent_are_siblings() -> None:
    """The five spans that NeMo Agent Toolkit nests by time into one another, and their agent."""
    drawing = check("""
        session       |==========================|
          agent x     |==========================|  lane 0
            request r |####                      |
            tool a    |    =========             |  after r
            tool b    |     ====                 |  after r
            tool c    |    ##############        |  after r
            request s |                  ########|  after a b c
    """)
    exclusive = {name: end - start for name, _, start, end in drawing.path()}
    assert exclusive == {"r": 4, "c": 14, "s": 8}


def test_m21_what_runs_long_beside_the_path_is_not_critical() -> None:
    check("""
        session     |==========#|
          request r |##         |
          agent x   |===========|  background
          tool a    |  ######## |  after r
    """)


def test_m22_dependencies_are_frozen_before_anything_is_changed() -> None:
    """Shortened, A would by time become what B waited for; it did not wait for it."""
    drawing = draw("""
        session   |==========|
          tool a  | ====     |
          tool b  |    ===== |
    """)
    graph = drawing.graph
    gaps = graph.gaps.copy()
    n = graph.nodes.n
    gaps[n + 1] -= 2 * MS
    changed = retime(plan(graph), gaps)
    assert np.flatnonzero(changed != graph.nodes.t).tolist() == [n + 1]
    gaps[n + 1] += 5 * MS
    assert retime(plan(graph), gaps)[n] == graph.nodes.t[n]
    gaps[n + 1] += 2 * MS
    assert retime(plan(graph), gaps)[n] == graph.nodes.t[n] + MS
