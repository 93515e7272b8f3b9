"""What is measured of a path, on sessions small enough to work out by hand (times in seconds)."""

from __future__ import annotations

import pytest

import agenttrace
from agenttrace.critical_path.analysis import Analysis
from agenttrace.model.rules import CONTAINED, GOES_ON, OUTLASTED, Rule
from unit.ingest.assembly.rows import SECOND, Row, agent, link, span, trace_of

FAN_OUT = [
    agent("m"),
    span("m", "r1", "request", 1, 10, input_tokens=1000, cache_read_tokens=0, output_tokens=50),
    span("m", "ta", "tool", 10, 30, name="Agent"),
    span("m", "tb", "tool", 10, 50, name="Agent"),
    span("m", "r2", "request", 51, 60, input_tokens=1200, cache_read_tokens=960, output_tokens=70),
    agent("a", "m", name="scout"),
    span("a", "xa", "request", 10, 30, input_tokens=300),
    agent("b", "m", name="critic"),
    span("b", "xb", "request", 10, 49, input_tokens=400),
    link("m", "r1", "ta"),
    link("m", "r1", "tb"),
    link("m", "ta", "r2"),
    link("m", "tb", "r2"),
]


def analysed(rows: list[Row]) -> Analysis:
    return agenttrace.analyze(trace_of(rows))


def test_totals_count_main_and_subagents_apart() -> None:
    (row,) = analysed(FAN_OUT).sessions.iter_rows(named=True)

    assert row["wall_ns"] == row["active_ns"] == 59 * SECOND
    assert (row["requests"], row["main_requests"], row["main_turns"]) == (4, 2, 2)
    assert (row["subagents"], row["subagent_requests"], row["tool_calls"]) == (2, 2, 2)
    assert (row["max_parallel"], row["input_tokens"], row["output_tokens"]) == (2, 2900, 120)
    assert (row["context_first"], row["context_max"], row["context_last"]) == (1000, 1200, 1200)
    assert row["cache_write_tokens"] is None


def test_the_path_is_one_branch_and_busy_time_is_both() -> None:
    (row,) = analysed(FAN_OUT).sessions.iter_rows(named=True)

    assert row["path_model_ns"] == (9 + 39 + 9) * SECOND
    assert row["path_tool_ns"] == SECOND
    assert row["path_harness_ns"] == SECOND
    assert row["busy_model_ns"] == (9 + 20 + 39 + 9) * SECOND
    assert row["busy_tool_ns"] == SECOND


def test_an_agent_that_goes_on_while_a_child_runs_is_busy_itself() -> None:
    """`b` was called in a gap between two others, while `c` ran on: the harness's time, on the path."""
    rows = [
        agent("m"),
        span("m", "a", "request", 0, 10),
        span("m", "c", "tool", 2, 30),
        span("m", "b", "request", 11, 40),
        link("m", "a", "b"),
    ]

    (row,) = analysed(rows).sessions.iter_rows(named=True)

    assert (row["path_harness_ns"], row["busy_harness_ns"]) == (SECOND, SECOND)
    assert (row["busy_model_ns"], row["busy_tool_ns"]) == (39 * SECOND, 28 * SECOND)


def test_a_join_names_who_was_waited_for_and_the_slack_of_the_rest() -> None:
    (join,) = analysed(FAN_OUT).joins.iter_rows(named=True)

    assert (join["branches"], join["waited_for_name"], join["explicit"]) == (2, "critic", True)
    assert (join["wall_ns"], join["sum_ns"], join["slack_ns"]) == (40 * SECOND, 60 * SECOND, 20 * SECOND)


def background(agent_end: int, *, explicit: bool = True) -> list[Row]:
    """An agent started at 10 beside a tool that runs to 30, and used at 60."""
    return [
        agent("m"),
        span("m", "r1", "request", 1, 10),
        span("m", "t", "tool", 12, 30, name="Bash"),
        span("m", "r2", "request", 60, 70),
        agent("a", "m", name="scout", background=True),
        span("a", "xa", "request", 10, agent_end),
        link("m", "r1", "t"),
        link("m", "a", "r2", kind="joins", explicit=explicit),
    ]


@pytest.mark.parametrize(("agent_end", "alone"), [(50, 20), (60, 30), (25, 0)])
def test_the_use_of_an_agent_in_the_background_is_a_join(agent_end: int, alone: int) -> None:
    analysis = analysed(background(agent_end))
    (join,) = analysis.joins.iter_rows(named=True)

    assert (join["background"], join["explicit"], join["branches"]) == (True, True, 2)
    assert (join["agent"], join["waited_for_name"]) == (0, "scout")
    assert join["at_ns"] == analysis.sessions["start_ns"][0] + (agent_end - 1) * SECOND
    assert join["wall_ns"] == (agent_end - 10) * SECOND
    assert join["sum_ns"] == (agent_end - 10 + 30 - 10) * SECOND
    assert join["slack_ns"] == alone * SECOND


def test_a_use_that_is_only_inferred_says_so() -> None:
    (join,) = analysed(background(50, explicit=False)).joins.iter_rows(named=True)

    assert (join["background"], join["explicit"]) == (True, False)


def test_a_use_that_no_record_states_says_by_what_rule_it_is_one() -> None:
    (join,) = analysed(background(60)[:-1]).joins.iter_rows(named=True)

    assert (join["explicit"], join["rule"], join["confidence"]) == (False, GOES_ON.name, GOES_ON.confidence)


@pytest.mark.parametrize(("end", "joins"), [(59, 0), (60, 1)])
def test_an_agent_that_sat_still_after_one_end_is_woken_by_another_only_where_that_is_no_chance(
    end: int, joins: int
) -> None:
    rows = [
        *background(end)[:-1],
        agent("b", "m", name="idler", background=True),
        span("b", "xb", "request", 65, 90),
        span("m", "r3", "request", 200, 210),
    ]

    assert analysed(rows).joins.height == joins


def test_what_is_stated_needs_no_rule() -> None:
    (join,) = analysed(background(50, explicit=True)).joins.iter_rows(named=True)

    assert (join["rule"], join["confidence"]) == (None, None)


@pytest.mark.parametrize(("rows", "rule"), [(FAN_OUT[:9], CONTAINED), (FAN_OUT[:5], OUTLASTED)])
def test_a_branch_that_is_only_taken_to_be_waited_for_says_by_what_rule(rows: list[Row], rule: Rule) -> None:
    (join,) = analysed(rows).joins.iter_rows(named=True)

    assert (join["explicit"], join["rule"], join["confidence"]) == (False, rule.name, rule.confidence)


def test_the_turns_of_the_main_agent_tile_the_session() -> None:
    turns = analysed(FAN_OUT).turns.filter(agent=0).rows(named=True)

    assert [turn["wall_ns"] for turn in turns] == [50 * SECOND, 9 * SECOND]
    assert turns[0]["phase_model_ns"] == (9 + 39) * SECOND


def test_tools_are_told_by_name() -> None:
    (tool,) = analysed(FAN_OUT).tools.iter_rows(named=True)

    assert (tool["name"], tool["calls"], tool["busy_ns"], tool["critical_ns"]) == ("Agent", 2, SECOND, SECOND)


def test_a_request_that_finds_little_of_its_past_in_the_cache_is_a_miss() -> None:
    missed = [
        *FAN_OUT,
        span(
            "m",
            "r3",
            "request",
            61,
            70,
            input_tokens=1300,
            cache_read_tokens=100,
            cache_miss_reason="expired",
        ),
    ]

    (miss,) = analysed(missed).cache_misses.iter_rows(named=True)
    assert (miss["turn"], miss["agent"], miss["tokens"], miss["reason"]) == (3, 0, 1100, "expired")


def test_a_compaction_counts_once_with_its_request_inside() -> None:
    rows = [
        *FAN_OUT,
        span("m", "c", "compaction", 60, 80, purpose="compaction", tokens_before=1200, tokens_after=300),
        span("m", "rc", "request", 61, 79, purpose="compaction", input_tokens=1250),
        span("m", "r3", "request", 81, 90, input_tokens=300, cache_read_tokens=0),
    ]
    analysis = analysed(rows)

    (row,) = analysis.sessions.iter_rows(named=True)
    assert (row["compactions"], row["main_requests"], row["main_turns"]) == (1, 4, 3)
    assert row["purpose_compaction_ns"] == 20 * SECOND
    assert analysis.compactions.select("tokens_before", "tokens_after").row(0) == (1200, 300)
    assert analysis.cache_misses.get_column("reason").to_list() == ["compaction"]


def test_a_retry_is_no_turn_of_its_own_and_the_wait_before_it_is_backoff() -> None:
    rows = [
        agent("m"),
        span("m", "r1", "request", 1, 4, purpose="failed_attempt", status="error"),
        span("m", "r2", "request", 6, 10, attempt=2),
        link("m", "r1", "r2", "retries"),
    ]

    (row,) = analysed(rows).sessions.iter_rows(named=True)
    assert (row["requests"], row["main_turns"], row["retries"], row["errors"]) == (2, 1, 1, 1)
    assert row["path_backoff_ns"] == 2 * SECOND
    assert row["purpose_failed_attempt_ns"] == 5 * SECOND


def test_an_empty_trace_gives_empty_frames() -> None:
    analysis = analysed([])

    assert analysis.sessions.height == analysis.segments.height == analysis.turns.height == 0


def test_a_join_costs_what_the_session_would_gain_if_all_branches_ended_together() -> None:
    """Beside the two branches runs a third span until 45, so that 5 of the 20 s alone are all."""
    rows = [*FAN_OUT, span("m", "x", "tool", 1, 45, name="Watch"), link("m", "x", "r2")]

    joins = {join["waited_for_name"]: join for join in analysed(rows).joins.iter_rows(named=True)}

    assert (joins["critic"]["slack_ns"], joins["critic"]["cost_ns"]) == (5 * SECOND, 5 * SECOND)
    (alone,) = analysed(FAN_OUT).joins.iter_rows(named=True)
    assert (alone["cost_ns"], alone["second_name"]) == (20 * SECOND, "scout")


def test_a_join_tells_each_of_its_branches_with_what_it_could_have_been_later() -> None:
    (join,) = analysed(FAN_OUT).joins.iter_rows(named=True)

    assert [(one["name"], one["took_ns"], one["slack_ns"]) for one in join["each"]] == [
        ("scout", 20 * SECOND, 20 * SECOND),
        ("critic", 40 * SECOND, 0),
    ]


def test_what_is_nearly_on_the_path_is_told_with_its_slack_the_outermost_only() -> None:
    near = analysed(FAN_OUT).near_critical

    assert near.select("kind", "name", "agent", "length_ns", "slack_ns").rows() == [
        ("tool", "Agent", 0, 20 * SECOND, 20 * SECOND),
    ]


def test_the_heaviest_spans_say_what_the_session_would_gain_without_them() -> None:
    top = analysed(FAN_OUT).top.row(0, named=True)

    assert (top["kind"], top["critical_ns"], top["drag_ns"], top["slack_ns"]) == (
        *("request", 39 * SECOND, 20 * SECOND, 0),
    )


def test_a_tool_that_begins_in_the_millisecond_in_which_another_ends_is_no_branch_beside_it() -> None:
    """Starts are rounded down, ends are exact: the second one seems to begin 0.6 ms too early."""
    rows = [
        agent("m"),
        span("m", "r1", "request", 0, 10),
        span("m", "t1", "tool", 10, 10.0046, name="launch"),
        span("m", "t2", "tool", 10.004, 12, name="read"),
        span("m", "r2", "request", 12.001, 20),
    ]
    assert analysed(rows).joins.is_empty()
    assert analysed([*rows, span("m", "t3", "tool", 10.001, 13, name="grep")]).joins.height == 1
