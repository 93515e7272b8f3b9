"""The tail against the middle: worked out by hand, and as laws over random sessions."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agenttrace
from agenttrace.critical_path.tail.comparison import LEAST_SESSIONS, REST, Tail, compare_tail
from agenttrace.critical_path.tail.parts import DIMENSIONS
from agenttrace.critical_path.tail.positions import added_by_turn, turn_positions
from agenttrace.critical_path.tail.resampling import intervals, split
from agenttrace.model.vocabulary import Phase
from unit.ingest.assembly.rows import SECOND, agent, link, span, trace_of

PHASES = ("queue", "decode", "tool", "user", "suspended")
IDLE = ("user", "suspended")


def sessions_of(parts: list[dict[str, int]], **columns: list[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sessions whose paths have these lengths by phase, and their parts."""
    names = [f"s{number:03}" for number in range(len(parts))]
    walls = [sum(one.values()) for one in parts]
    active = [sum(ns for phase, ns in one.items() if phase not in IDLE) for one in parts]
    rows = [
        {"session": name, "phase": phase, "tool": "Bash" if phase == "tool" else None, "length_ns": ns}
        for name, one in zip(names, parts, strict=True)
        for phase, ns in one.items()
    ]
    schema = {"session": pl.String, **dict.fromkeys(DIMENSIONS, pl.String), "length_ns": pl.Int64}
    frame = pl.DataFrame({"session": names, "wall_ns": walls, "active_ns": active, **columns})
    return frame, pl.DataFrame(rows, schema=schema)


def tail_of(parts: list[dict[str, int]], **columns: list[Any]) -> Tail:
    found = compare_tail(*sessions_of(parts, **columns))
    assert found is not None
    return found


def test_one_slow_session_of_eleven_is_set_against_the_three_in_the_middle() -> None:
    """Walls 1 to 10, and 100 of which 91 are queue; from the fifth to the seventh is the middle."""
    parts = [{"decode": n} for n in range(1, 11)] + [{"decode": 9, "queue": 91}]
    tail = tail_of(parts, retries=[0] * 10 + [3])

    assert (tail.slow, tail.slow_from_ns, tail.slow_mean_ns) == (1, 100, 100)
    assert (tail.middle, tail.middle_ns, tail.middle_mean_ns) == (3, (5, 7), 6)
    told = {part.name: (part.slow_ns, part.middle_ns, part.delta_ns) for part in tail.by["phase"]}
    assert told == {"queue": (91, 0, 91), "decode": (9, 6, 3)}
    assert tail.counts["retries"] == (3.0, 0.0)
    (opened,) = tail.opened
    assert (opened.session, opened.by, opened.name, opened.beyond_ns) == ("s010", "phase", "queue", 91)


def test_who_waited_for_its_user_is_not_slow() -> None:
    parts = [{"decode": n, "suspended": 1000 * (20 - n), "user": 500} for n in range(1, 12)]
    tail = tail_of(parts)

    (opened,) = tail.opened
    assert (opened.session, opened.active_ns, opened.wall_ns) == ("s010", 11, 9511)
    assert {part.name: part.delta_ns for part in tail.by["phase"]} == {"decode": 11 - 6}


def test_sessions_in_which_nothing_worked_have_no_tail() -> None:
    assert compare_tail(*sessions_of([{"user": n} for n in range(9)])) is None


def test_what_is_no_tool_is_the_rest() -> None:
    tail = tail_of([{"decode": 5, "tool": n} for n in range(11)])

    assert {part.name: part.delta_ns for part in tail.by["tool"]} == {"Bash": 5, REST: 0}


lengths = st.lists(
    st.fixed_dictionaries({phase: st.integers(0, 10**12) for phase in PHASES}),
    min_size=LEAST_SESSIONS,
    max_size=30,
)


@given(lengths)
def test_the_parts_of_each_dimension_sum_to_the_difference_exactly(parts: list[dict[str, int]]) -> None:
    tail = tail_of(parts)

    assert tail.difference_ns == tail.slow_mean_ns - tail.middle_mean_ns
    for told in tail.by.values():
        assert sum(part.delta_ns for part in told) == tail.difference_ns
        assert sum(part.slow_ns for part in told) == tail.slow_mean_ns
        assert all(part.delta_ns == part.slow_ns - part.middle_ns for part in told)


@given(lengths, st.randoms(use_true_random=False))
def test_the_order_of_sessions_and_parts_changes_nothing(parts: list[dict[str, int]], random: Random) -> None:
    sessions, told = sessions_of(parts)
    seed = random.randrange(1000)

    mixed = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in (sessions, told)]
    assert compare_tail(mixed[0], mixed[1]) == compare_tail(sessions, told)


def test_fewer_sessions_have_no_tail() -> None:
    assert compare_tail(*sessions_of([{"decode": 1}] * (LEAST_SESSIONS - 1))) is None


def test_equal_sessions_are_all_slow_and_all_in_the_middle() -> None:
    groups = split(np.array([7] * 9))

    assert groups.slow.all()
    assert groups.middle.all()


def test_the_interval_holds_the_difference_and_narrows_with_sessions() -> None:
    widths = []
    for count in (40, 4000):
        random = np.random.default_rng(3)
        queue = random.exponential(100, count)
        wall = (1000 + queue).round().astype(np.int64)
        groups = split(wall)
        (low,), (high,) = intervals(wall, queue[:, None], seed=1)
        assert low < queue[groups.slow].mean() - queue[groups.middle].mean() < high
        widths.append(high - low)

    assert widths[1] < widths[0] / 3


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Of exponential waits the mean beyond p95 less that of the middle fifth is known: 100 (ln 20 + 1 - 0.698)."""
    truth = 100 * (np.log(20) + 1) - _middle_mean()
    random = np.random.default_rng(5)
    covered = 0
    for trial in range(60):
        wait = random.exponential(100, 300)
        (low,), (high,) = intervals((wait * 1e6).astype(np.int64), wait[:, None], seed=trial)
        covered += low <= truth <= high

    assert covered >= 48


def _middle_mean() -> float:
    shares = np.linspace(0.4, 0.6, 10_001)
    return float((-100 * np.log(1 - shares)).mean())


def test_the_path_is_in_parts_by_tool_agent_and_model() -> None:
    rows = [
        agent("m"),
        span("m", "r1", "request", 0, 10, model="big"),
        span("m", "t", "tool", 10, 40, name="Agent"),
        span("m", "r2", "request", 40, 50, model="big"),
        agent("a", "m", type="explore"),
        span("a", "x", "request", 12, 30, model="small"),
        span("a", "y", "tool", 30, 39, name="Bash"),
        link("m", "r1", "t"),
        link("m", "t", "r2"),
    ]
    parts = agenttrace.analyze(trace_of(rows)).parts

    def by(dimension: str) -> dict[str | None, int]:
        sums = parts.group_by(dimension).agg(pl.col("length_ns").sum())
        return {name: ns // SECOND for name, ns in sums.iter_rows()}

    assert by("tool") == {"Bash": 9, "Agent": 3, None: 38}
    assert by("model") == {"big": 20, "small": 18, None: 12}
    assert by("agent") == {"main": 23, "explore": 27}


@pytest.mark.parametrize("cut", [1, 3])
def test_turns_add_up_in_pieces(cut: int) -> None:
    phases = {f"phase_{phase.value}_ns": 2 for phase in Phase}
    turns = pl.DataFrame(
        [
            {"session": s, "agent": a, "turn": t, "wall_ns": 10 * t, **phases}
            for s in (0, 1)
            for a in (0, 1)
            for t in (1, 2)
        ]
    )
    whole = turn_positions(turns)
    pieces = added_by_turn(pl.concat([turn_positions(turns[:cut]), turn_positions(turns[cut:])]))

    assert whole.select("turn", "sessions", "wall_ns").rows() == [(1, 2, 20), (2, 2, 40)]
    assert whole["phase_queue_ns"].to_list() == [4, 4]
    assert pieces.equals(whole)


def test_branches_add_up_by_their_place_in_the_fan_out() -> None:
    """
    a |  ======      |
    b |   ======     |   waited for, 1 s alone, with the second fan-out's second, 4 s alone
    c |    ===       |
    """
    rows = [
        agent("m"),
        span("m", "r1", "request", 0, 2),
        span("m", "a", "tool", 2, 8),
        span("m", "b", "tool", 3, 9),
        span("m", "c", "tool", 4, 7),
        span("m", "r2", "request", 9, 10),
        span("m", "d", "tool", 10, 12),
        span("m", "e", "tool", 11, 16),
        span("m", "r3", "request", 16, 17),
        *(link("m", "r1", branch) for branch in "abc"),
        *(link("m", "r2", branch) for branch in "de"),
        *(link("m", branch, "r2") for branch in "abc"),
        *(link("m", branch, "r3") for branch in "de"),
    ]
    found = agenttrace.analyze(trace_of(rows)).by_branch

    assert found.rows() == [
        (1, 2, 0, 8 * SECOND, 0),
        (2, 2, 2, 11 * SECOND, 5 * SECOND),
        (3, 1, 0, 3 * SECOND, 0),
    ]
