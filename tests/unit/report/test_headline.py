"""The answer in words."""

import pytest

from agenttrace.critical_path.summary import summarise
from agenttrace.model.vocabulary import Phase
from agenttrace.report.headline import answer, counted, mostly
from unit.report.analyses import (
    EPOCH,
    S,
    analysis_of,
    frame,
    long_session,
    many_sessions,
    session_row,
    stragglers_of,
)


def _answer(path: dict[Phase, int]) -> str:
    analysis = analysis_of([session_row("s", path)])
    return answer(analysis, summarise(analysis))


def test_the_long_session_is_told_in_one_sentence() -> None:
    analysis = long_session()
    assert answer(analysis, summarise(analysis)) == (
        "33 m 02 s, of which 61 % decode, 22 % tool, 9 % queue, 8 % prefill; "
        "14 % of the time the session waited for one slow branch of a fan-out."
    )


def test_a_fleet_is_told_by_its_median() -> None:
    analysis = many_sessions()
    assert answer(analysis, summarise(analysis)) == (
        "24 sessions, median 12.1 s, slowest 12.2 s; together 58 % decode, 25 % tool, 17 % prefill."
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ({Phase.MODEL: 60 * S}, "1 m 00 s, of which 100 % model (not split further)."),
        ({Phase.DECODE: 9 * S, Phase.QUEUE: S // 10}, "9.10 s, of which 99 % decode."),
        (
            {Phase.DECODE: 60 * S, Phase.USER: 540 * S},
            "10 m 00 s, of which 9 m 00 s waiting for the user and 1 m 00 s active: 100 % decode.",
        ),
        (
            {Phase.TOOL: 30 * S, Phase.USER: 10 * S, Phase.SUSPENDED: 20 * S},
            "1 m 00 s, of which 10.0 s waiting for the user, 20.0 s suspended and 30.0 s active: 100 % tool.",
        ),
        ({Phase.USER: 5 * S}, "5.00 s, of which 5.00 s waiting for the user and 0 s active."),
        ({}, "0 s, of which no time at all."),
    ],
)
def test_shares_are_of_the_active_time(path: dict[Phase, int], said: str) -> None:
    assert _answer(path) == said


def test_waiting_for_a_straggler_is_counted_once_where_joins_overlap() -> None:
    def join(session: str, at: int, slack: int, agent: int = 0, branches: int = 2) -> dict[str, object]:
        told = {"session": session, "agent": agent, "branches": branches, "turn": 1, "explicit": True}
        return told | {"at_ns": EPOCH + at * S, "slack_ns": slack * S, "wall_ns": S, "sum_ns": S}

    rows = [
        join("a", 10, 4),
        join("a", 12, 3),  # 9 to 12, of which 9 to 10 is counted already
        join("a", 30, 5, agent=2),  # not the main agent's
        join("a", 40, 5, branches=1),  # no fan-out
        join("b", 11, 1),
    ]
    waits = stragglers_of(frame("joins", rows))
    assert waits == {"a": (4 + 2) * S, "b": S}
    assert stragglers_of(frame("joins", [])) == {}


def test_counts_leave_out_what_there_is_none_of() -> None:
    row = session_row("s", {Phase.TOOL: S}, requests=1, main_requests=1, main_turns=1, tool_calls=0)
    assert counted(row) == "1 request · 0 tool calls"


def test_mostly_names_the_word_and_its_share_unless_it_is_all() -> None:
    assert mostly([("measured", 1000), ("derived", 1)]) == "measured"
    assert mostly([("measured", 13), ("derived", 87)]) == "derived 87 %"
    assert mostly([]) == ""


def test_of_many_sessions_with_idle_time_the_active_time_is_told_first() -> None:
    night = {Phase.SUSPENDED: 36_000 * S, Phase.USER: 60 * S, Phase.DECODE: 10 * S, Phase.TOOL: 10 * S}
    analysis = analysis_of([session_row("a", night), *(session_row(n, {Phase.TOOL: 60 * S}) for n in "bc")])

    assert answer(analysis, summarise(analysis)) == (
        "3 sessions, median 1 m 00 s active, slowest 1 m 00 s; "
        "of the active time together 93 % tool, 7 % decode; "
        "with the time waiting for the user or suspended: median 1 m 00 s, longest 10 h 01 m."
    )
