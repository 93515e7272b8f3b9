"""What is repaired before times are compared, and that each repair is counted."""

from __future__ import annotations

import numpy as np
import pytest

from agenttrace.critical_path.forest import Forest, plant
from agenttrace.critical_path.spans import span_arrays
from agenttrace.model.trace import Trace
from timeline import MS, Row, trace_of
from unit.critical_path.paths import backwards, bare, found

BACKGROUND = {"blocking": False}
SUBAGENT = {"kind": "agent", "agent": 1}


def _forest(trace: Trace) -> Forest:
    return plant(span_arrays(trace))


def _codes(forest: Forest) -> dict[str, list[int]]:
    return {code: rows.tolist() for code, rows in forest.repaired.items()}


def test_what_fits_is_left_alone() -> None:
    forest = _forest(bare(("s", None, 0, 10), ("a", "s", 0, 10), ("b", "a", 3, 3), ("c", "a", 10, 10)))
    assert forest.parent.tolist() == [0, 0, 1, 1]
    assert _codes(forest) == {}


def test_an_end_up_to_two_milliseconds_beyond_the_parents_is_the_parents() -> None:
    forest = _forest(bare(("s", None, 0, 10 * MS), ("a", "s", 0, 12 * MS), ("b", "s", 0, 12 * MS + 1)))
    assert forest.end.tolist() == [10 * MS, 10 * MS, 12 * MS + 1]
    assert _codes(forest) == {"child_end_clipped": [1], "past_session_end": [2]}


def test_a_start_before_the_parents_is_the_parents() -> None:
    forest = _forest(bare(("s", None, 0, 10), ("a", "s", 3, 9), ("b", "a", 1, 5)))
    assert forest.start.tolist() == [0, 3, 3]
    assert _codes(forest) == {"child_start_clipped": [2]}


def test_children_are_compared_with_what_their_parent_has_become() -> None:
    forest = _forest(
        bare(("s", None, 0, 10 * MS), ("a", "s", 0, 11 * MS), ("b", "a", 0, 11 * MS), ("c", "b", 0, 11 * MS))
    )
    assert forest.end.tolist() == [10 * MS] * 4
    assert _codes(forest) == {"child_end_clipped": [1, 2, 3]}


def test_a_child_that_is_over_before_its_parent_begins_goes_further_up() -> None:
    forest = _forest(bare(("s", None, 0, 20), ("a", "s", 2, 18), ("b", "a", 10, 15), ("c", "b", 4, 10)))
    assert forest.parent.tolist() == [0, 0, 1, 1]
    assert _codes(forest) == {"child_before_parent": [3]}


def test_a_child_that_begins_after_its_parent_goes_further_up() -> None:
    """Or the time before it would belong to a span that is over."""
    forest = _forest(bare(("s", None, 0, 20), ("a", "s", 2, 18), ("b", "a", 3, 5), ("c", "b", 5, 10)))
    assert forest.parent.tolist() == [0, 0, 1, 1]
    assert _codes(forest) == {"child_after_parent": [3]}


def test_what_no_ancestor_holds_is_the_sessions() -> None:
    trace = bare(("s", None, 0, 20), ("a", "s", 2, 8), ("b", "a", 3, 5), ("c", "b", 12, 15))
    assert _forest(trace).parent.tolist() == [0, 0, 1, 0]
    assert backwards(trace)[:2] == [["s", 15, 20], ["c", 12, 15]]


def test_nothing_happens_before_the_session() -> None:
    trace = bare(("s", None, 10, 20), ("a", "s", 2, 8), ("b", "a", 3, 5))
    assert _forest(trace).end.tolist() == [20, 10, 10]
    assert found(trace)["before_session"] == 2
    assert backwards(trace) == [["s", 10, 20]]


def test_what_outlives_its_parent_is_joined_with_the_nearest_that_ends_no_earlier() -> None:
    forest = _forest(
        bare(("s", None, 0, 90 * MS), ("a", "s", 0, 50 * MS), ("b", "a", 0, 9 * MS), ("c", "b", 1, 40 * MS))
    )
    assert forest.join.tolist() == [-1, -1, -1, 1]
    assert _codes(forest) == {"outlives_parent": [3]}


def test_it_ends_with_what_it_is_joined_with_if_the_clocks_allow_it() -> None:
    forest = _forest(bare(("s", None, 0, 50 * MS), ("a", "s", 0, 9 * MS), ("b", "a", 0, 51 * MS)))
    assert (forest.join.tolist(), forest.end.tolist()) == ([-1, -1, 0], [50 * MS, 9 * MS, 50 * MS])


@pytest.mark.parametrize(
    ("holder", "child"), [({}, BACKGROUND), (BACKGROUND, {}), (SUBAGENT | BACKGROUND, {"agent": 1})]
)
def test_background_work_is_not_joined(holder: dict[str, object], child: dict[str, object]) -> None:
    """Neither a span that is not waited for, nor what leaves one."""
    trace = bare(("s", None, 0, 50 * MS), ("a", "s", 0, 9 * MS, holder), ("b", "a", 0, 30 * MS, child))
    assert _forest(trace).join.tolist() == [-1, -1, -1]


def test_an_agent_that_is_said_to_run_in_the_background_is_not_joined() -> None:
    spans: list[Row] = [
        {"span": 0, "parent": None, "kind": "session", "start_ns": 0, "end_ns": 50 * MS},
        {"span": 1, "parent": 0, "kind": "tool", "start_ns": 0, "end_ns": 9 * MS},
        {"span": 2, "parent": 1, "kind": "agent", "start_ns": 0, "end_ns": 30 * MS, "agent": 1},
    ]
    agents = [{"agent": 1, "span": 2, "background": True}]
    assert _forest(trace_of(spans, agents=agents)).join.tolist() == [-1, -1, -1]
    assert _forest(trace_of(spans)).join.tolist() == [-1, -1, 0]


def test_orphans_and_spans_in_a_circle_are_the_sessions() -> None:
    circle = [{"parent": 3}, {"parent": 2}, {"parent": 99}, {"parent": None}, {"parent": 6}]
    spans = [(f"a{number}", "s", 1, 5, changed) for number, changed in enumerate(circle)]
    forest = _forest(bare(("s", None, 0, 10), ("x", "s", 0, 9), *spans))
    assert forest.parent.tolist() == [0, 0, 0, 0, 0, 0, 0]
    assert _codes(forest)["parent_missing"] == [2, 3, 4, 5, 6]


def test_a_negative_length_is_none() -> None:
    forest = _forest(bare(("s", None, 0, 10), ("a", "s", 5, 3)))
    assert forest.end.tolist() == [10, 5]
    assert _codes(forest) == {"negative_duration": [1]}


def test_many_levels_of_repairs_are_one_after_the_other() -> None:
    """Each span begins after the end of the one that holds it: all of them go to the session."""
    depth = 300
    chain = [(f"a{n}", f"a{n - 1}" if n else "s", n, n + 1) for n in range(depth)]
    forest = _forest(bare(("s", None, 0, depth), *chain))
    assert not forest.parent.any()
    assert forest.repaired["child_after_parent"].tolist() == list(range(2, depth + 1))


def test_rows_have_to_be_dense_and_sorted() -> None:
    trace = bare(("s", None, 0, 10), ("a", "s", 0, 10), ("b", "s", 0, 10))
    swapped = trace.spans.take(np.array([0, 2, 1]))
    with pytest.raises(ValueError, match="not dense or not sorted"):
        span_arrays(_with_spans(trace, swapped))
    with pytest.raises(ValueError, match="do not begin with span 0"):
        span_arrays(_with_spans(trace, trace.spans.slice(1)))


def _with_spans(trace: Trace, spans: object) -> Trace:
    fields = {name: getattr(trace, name) for name in Trace.__dataclass_fields__}
    return Trace(**(fields | {"spans": spans}))
