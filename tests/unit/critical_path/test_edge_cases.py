"""Ten small cases that break the tools of others, with what is right (shared/data/critical-path)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.model.trace import Trace
from timeline import MS
from unit.critical_path.paths import backwards, bare, found


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> dict[str, Any]:
    path = shared_data / "critical-path" / "edge-cases-made-here" / "edge_cases.json"
    return {case["id"]: case for case in json.loads(path.read_text(encoding="utf-8"))["cases"]}


def _trace(case: Any, links: Any = ()) -> Trace:
    """A column is a millisecond, so that what overruns by more than two is no matter of clocks."""
    return bare(
        *((name, parent, start * MS, end * MS) for name, parent, start, end in case["spans"]), links=links
    )


@pytest.mark.parametrize(
    "name", ["adjacent_siblings", "overlapping_siblings", "zero_length_child", "epoch_zero", "same_end_tie"]
)
def test_as_expected(cases: dict[str, Any], name: str) -> None:
    case = cases[name]
    assert backwards(_trace(case), MS) == case["expected"]


def test_a_child_that_outlives_its_parent_is_not_waited_for(cases: dict[str, Any]) -> None:
    case = cases["async_child_outlives_parent"]
    assert backwards(_trace(case), MS) == case["expected_if_declared_background"]


def test_two_roots_stand_in_one_session(cases: dict[str, Any]) -> None:
    spans = cases["two_roots"]["spans"]
    trace = bare(("session", None, 1, 150), *((name, "session", start, end) for name, _, start, end in spans))
    sections = backwards(trace)
    assert sum(end - start for _, start, end in sections) == cases["two_roots"]["expected_session_wall"]
    assert sections == [["Q", 50, 150], ["session", 1, 50]]


def test_an_orphan_is_held_by_the_session(cases: dict[str, Any]) -> None:
    spans = cases["missing_parent"]["spans"]
    trace = bare(
        ("session", None, 1, 150),
        *((name, "session", start, end, {"parent": 99}) for name, _, start, end in spans),
    )
    assert backwards(trace) == [["Q", 50, 150], ["session", 1, 50]]
    assert found(trace) == {"parent_missing": 2}


def test_gather_follows_time_where_nothing_is_stated(cases: dict[str, Any]) -> None:
    case = cases["otel_4079_gather"]
    assert backwards(_trace(case), MS) == case["expected_without_deps"]


def test_gather_follows_what_is_stated(cases: dict[str, Any]) -> None:
    case = cases["otel_4079_gather"]
    links = [(source, target) for target, sources in case["explicit_deps"].items() for source in sources]
    assert backwards(_trace(case, links), MS) == case["expected_with_deps"]
