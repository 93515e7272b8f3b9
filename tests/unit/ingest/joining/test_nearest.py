"""Calls of two sources that no id makes one are paired by name and bounds, each with one at most, as many as can be."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import polars as pl
import pytest

from agenttrace.ingest.joining.nearest import APART_NS, nearest_calls

MS = 1_000_000
SCHEMA = {
    "sid": pl.Int64, "kind": pl.String, "name": pl.String, "origin": pl.Int32, "lane": pl.String,
    "laned": pl.Boolean, "call_id": pl.String, "start_ns": pl.Int64, "end_ns": pl.Int64, "rank": pl.Int64,
    "row": pl.Int64,
}  # fmt: skip


def calls(origin: int, *bounds: tuple[float, float], **facts: Any) -> list[dict[str, Any]]:
    told = {"sid": 0, "kind": "tool", "name": "exec", "lane": "", "laned": False, "call_id": None, **facts}
    return [
        {**told, "origin": origin, "start_ns": round(start * MS), "end_ns": round(end * MS)}
        for start, end in bounds
    ]


def paired(*sources: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """Pairs of places in the list of all calls: the worse known one first."""
    numbered = [{**row, "rank": n, "row": n} for n, row in enumerate(itertools.chain(*sources))]
    return set(nearest_calls(pl.DataFrame(numbered, schema=SCHEMA)).iter_rows())


def test_equal_calls_at_one_time_are_as_many_pairs() -> None:
    equal = [(0.0, 100.0)] * 4

    found = paired(calls(0, *equal), calls(1, *equal))

    assert found == {(4, 0), (5, 1), (6, 2), (7, 3)}


def test_the_nearest_are_one() -> None:
    assert paired(calls(0, (0, 50), (0, 60)), calls(1, (1, 61), (2, 49))) == {(2, 1), (3, 0)}


@pytest.mark.parametrize("other", [(20.1, 50), (0, 70.1), (-20.1, 50)])
def test_bounds_that_differ_by_more_are_of_other_calls(other: tuple[float, float]) -> None:
    assert APART_NS == 20 * MS
    assert paired(calls(0, (0, 50)), calls(1, other)) == set()


def test_one_that_only_one_source_has_stays_alone() -> None:
    assert paired(calls(0, (0, 50)), calls(1, (0, 53), (1, 50))) == {(2, 0)}


@pytest.mark.parametrize(
    ("one", "other", "pairs"),
    [
        ({"lane": "a", "laned": True}, {"lane": "b", "laned": True}, 0),
        ({"lane": "a", "laned": True}, {"lane": "a", "laned": True}, 1),
        ({"lane": "a", "laned": True}, {"lane": "", "laned": False}, 1),
        ({"name": "exec"}, {"name": "read"}, 0),
        ({"call_id": "c"}, {"call_id": "d"}, 0),
        ({"call_id": "c"}, {"call_id": None}, 1),
        ({"sid": 0}, {"sid": 1}, 0),
    ],
)
def test_what_contradicts_parts_them(one: dict[str, Any], other: dict[str, Any], pairs: int) -> None:
    assert len(paired(calls(0, (0, 50), **one), calls(1, (0, 50), **other))) == pairs


def test_the_calls_of_one_source_are_not_each_others() -> None:
    assert paired(calls(0, (0, 50), (0, 50))) == set()


def test_a_near_one_is_given_up_where_another_call_has_no_other() -> None:
    """The first is nearest to the second's only partner: both have one all the same."""
    assert paired(calls(0, (0, 50), (12, 50)), calls(1, (11, 50), (31, 50))) == {(2, 0), (3, 1)}
    assert paired(calls(0, (10, 50), (29, 50)), calls(1, (11, 50), (-9, 50))) == {(2, 1), (3, 0)}


@pytest.mark.parametrize("seed", range(20))
def test_as_many_as_there_are_whatever_the_jitter(seed: int) -> None:
    chance = Random(seed)
    bounds = [(start, start + chance.uniform(50, 90)) for start in (0.0, 3.0) for _ in range(30)]
    other = [(start + chance.uniform(-9, 9), end + chance.uniform(-9, 9)) for start, end in bounds]
    chance.shuffle(other)

    found = paired(calls(0, *bounds), calls(1, *other))

    assert len(found) == len(bounds)
    assert len({to for _, to in found}) == len(bounds)


def test_in_a_crowd_the_first_is_the_first() -> None:
    many = [(0.001 * n, 100.0) for n in range(700)]

    assert paired(calls(0, *many), calls(1, *many)) == {(700 + n, n) for n in range(700)}


def test_of_three_sources_all_become_the_best_known() -> None:
    assert paired(calls(0, (0, 50)), calls(1, (1, 50)), calls(2, (2, 50))) == {(1, 0), (2, 0)}
