"""How records become sessions: one test for each rule, each with the smallest rows that show it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from unit.ingest.assembly.rows import SECOND, Row, agent, codes, frame, link, source, span, trace_of

MAIN = [
    agent("m"),
    span("m", "r1", "request", 0.001, 10),
    span("m", "t1", "tool", 11, 50, name="agent"),
    span("m", "r2", "request", 51, 60),
]
CHILD = [
    agent("c", "m"),
    span("c", "x1", "request", 12, 20),
    span("c", "x2", "request", 21, 49),
]


def spans(*sources: list[Row]) -> pl.DataFrame:
    return frame(trace_of(*sources).spans)


def by_key(table: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["source_id"]: row for row in table.iter_rows(named=True)}


def test_late_parents_and_other_files_make_one_session() -> None:
    together = trace_of([*MAIN, *CHILD])
    apart = trace_of(CHILD[1:], [MAIN[3], CHILD[0]], [MAIN[2], MAIN[1], MAIN[0]])

    assert together.sessions["session"].to_pylist() == ["m"]
    assert frame(together.spans).equals(frame(apart.spans))
    assert frame(together.agents).equals(frame(apart.agents))


def test_a_chain_of_parents_of_any_depth_is_one_session() -> None:
    chain = [row for depth in range(6) for row in (agent(f"a{depth}", f"a{depth - 1}" if depth else None),)]
    work = [span(f"a{depth}", f"r{depth}", "request", 1 + depth, 30 - depth) for depth in range(6)]

    trace = trace_of([*reversed(chain), *work])

    assert trace.sessions.num_rows == 1
    assert trace.agents["depth"].to_pylist() == [0, 1, 2, 3, 4, 5]


def test_a_subagent_is_held_by_the_tool_call_that_contains_it() -> None:
    rows = by_key(spans([*MAIN, *CHILD]))

    assert rows["agent:c"]["parent"] == rows["t1"]["span"]
    assert rows["agent:c"]["blocking"]


def test_two_tool_calls_hold_one_subagent_each_by_how_well_bounds_agree() -> None:
    fan = [
        agent("m"),
        span("m", "r1", "request", 0.001, 10),
        span("m", "ta", "tool", 11, 50),
        span("m", "tb", "tool", 11.001, 40),
        agent("a", "m"),
        span("a", "xa", "request", 11.002, 49.9),
        agent("b", "m"),
        span("b", "xb", "request", 11.003, 39.9),
    ]

    rows = by_key(spans(fan))

    assert rows["agent:a"]["parent"] == rows["ta"]["span"]
    assert rows["agent:b"]["parent"] == rows["tb"]["span"]


def test_one_tool_call_may_run_several_subagents() -> None:
    second = [agent("d", "m"), span("d", "y1", "request", 12, 30)]
    beside = span("m", "t2", "tool", 11, 48, name="bash")

    rows = by_key(spans([*MAIN, *CHILD, *second, beside]))

    assert rows["agent:c"]["parent"] == rows["agent:d"]["parent"] == rows["t1"]["span"]


def test_a_subagent_in_no_tool_call_runs_in_the_background_until_it_is_used() -> None:
    background = [agent("c", "m"), span("c", "x1", "request", 2, 55), span("m", "r3", "request", 61, 70)]

    trace = trace_of([*MAIN, *background])

    assert trace.agents["background"].to_pylist() == [False, True]
    assert not by_key(frame(trace.spans))["agent:c"]["blocking"]


def test_an_idle_parent_that_goes_on_at_the_end_of_a_subagent_waited_for_it() -> None:
    trace = trace_of(
        [
            agent("p"),
            span("p", "p1", "request", 1, 2),
            span("p", "p2", "request", 11.020, 12),
            agent("c", "p"),
            span("c", "x", "request", 2.010, 11.010),
        ]
    )

    joined = frame(trace.links).filter(pl.col("kind") == "joins")
    rows = by_key(frame(trace.spans))
    assert joined.select("from_span", "to_span", "explicit").row(0) == (
        rows["agent:c"]["span"],
        rows["p2"]["span"],
        False,
    )


def _background(*more: Row) -> dict[str, str]:
    """Which subagent joins which request of their parent p, where no call shows any of them."""
    trace = trace_of([agent("p"), span("p", "p1", "request", 1, 2), *more])
    names = dict(frame(trace.spans).select("span", "source_id").iter_rows())
    joined = frame(trace.links).filter(pl.col("kind") == "joins")
    return {
        names[a].removeprefix("agent:"): names[b] for a, b in joined.select("from_span", "to_span").rows()
    }


def test_of_a_fan_out_that_no_call_shows_all_join_where_the_last_ends() -> None:
    """
    p  |p1|                |p2|      |p3|
    c     |-------|
    d     |---------------|
    e                         |-----|
    """
    joins = _background(
        *(agent("c", "p"), span("c", "c1", "request", 2.010, 7)),
        *(agent("d", "p"), span("d", "d1", "request", 2.010, 11.010)),
        *(span("p", "p2", "request", 11.020, 12), agent("e", "p"), span("e", "e1", "request", 12.010, 20)),
        span("p", "p3", "request", 20.001, 21),
    )
    assert joins == {"c": "p2", "d": "p2", "e": "p3"}


def test_a_parent_that_sat_still_after_one_end_is_moved_by_another_only_where_that_is_no_chance() -> None:
    """
    p  |p1|           |p2|      |p3|   |p4|
    c     |---|
    d                    |-----|
    e                              |--|
    """
    joins = _background(
        *(agent("c", "p"), span("c", "c1", "request", 2.010, 5)),
        *(span("p", "p2", "request", 11, 12), agent("d", "p"), span("d", "d1", "request", 12.010, 20)),
        *(
            span("p", "p3", "request", 20.001, 21),
            agent("e", "p"),
            span("e", "e1", "request", 21.010, 21.190),
        ),
        span("p", "p4", "request", 21.230, 22),
    )
    assert joins == {"d": "p3"}


@pytest.mark.parametrize(("told", "joins"), [(True, {"c": "p3"}), (False, {})])
def test_a_result_without_a_call_is_an_agents_only_where_calls_are_told(
    told: bool,  # noqa: FBT001
    joins: dict[str, str],
) -> None:
    """
    p  |p1| |t|p2|                 |p3|
    c     |------------|
    """
    rows = [
        span("p", "p2", "request", 4, 5, trigger="tool_result"),
        *(agent("c", "p"), span("c", "c1", "request", 2.010, 15)),
        span("p", "p3", "request", 30, 31, trigger="tool_result"),
    ]
    assert _background(*rows, *([span("p", "t", "tool", 3, 4)] if told else [])) == joins


@pytest.mark.parametrize(("ended", "use"), [(15, "p4"), (25, "p4"), (29.5, "p3"), (35, "p4")])
def test_a_result_that_was_there_is_used_where_the_parent_did_not_pause(ended: float, use: str) -> None:
    """Both answer a result although no tool ran; before the first one somebody thought for ten seconds.

    p  |p1||t||p2|          |p3||p4|
    c     |------|
    """
    joins = _background(
        *(span("p", "t", "tool", 3, 4), span("p", "p2", "request", 4, 20, trigger="tool_result")),
        *(agent("c", "p"), span("c", "c1", "request", 2.010, ended)),
        span("p", "p3", "request", 30, 40, trigger="tool_result"),
        span("p", "p4", "request", 40.001, 50, trigger="tool_result"),
    )
    assert joins == {"c": use}


@pytest.mark.parametrize("status", ["cancelled", "error"])
def test_another_attempt_is_no_answer_that_nothing_explains(status: str) -> None:
    joins = _background(
        span("p", "t", "tool", 3, 4),
        *(agent("c", "p"), span("c", "c1", "request", 2.010, 15)),
        span("p", "p2", "request", 4, 20, trigger="tool_result", status=status),
        span("p", "p3", "request", 20.01, 30, trigger="tool_result"),
        span("p", "p4", "request", 30.001, 40, trigger="tool_result"),
    )
    assert joins == {"c": "p4"}


def test_a_parent_that_is_in_no_file_is_a_finding() -> None:
    child = [
        agent("c", "m"),
        span("c", "x", "request", 2, 5),
        agent("d", "c"),
        span("d", "y", "request", 3, 4),
    ]
    root = [agent("m"), span("m", "r", "request", 1, 9)]

    alone = [row for row in trace_of(child).findings.to_pylist() if row["code"] == "parent_agent_missing"]
    assert [(row["severity"], row["count"], row["file"]) for row in alone] == [("warning", 1, "file0")]
    assert "parent_agent_missing" not in codes(trace_of(child, root))


def test_a_prefix_and_its_superset_count_once() -> None:
    once = trace_of(MAIN)
    twice = trace_of(MAIN, MAIN[:2])

    assert frame(once.spans).equals(frame(twice.spans))
    assert "duplicate_record" in codes(twice)


def test_the_start_and_the_end_of_a_tool_call_in_two_files_are_one_tool_call() -> None:
    started = [agent("m"), span("m", "t", "tool", 1, None, name="bash", status="unfinished")]
    ended = [
        span("m", "t", "tool", 1, 5, status="error", tool_output_tokens=7),
        span("m", "r", "request", 6, 7),
    ]

    tool = by_key(spans(started, ended))["t"]

    assert (tool["start_ns"], tool["end_ns"]) == (SECOND, 5 * SECOND)
    assert (tool["name"], tool["status"], tool["tool_output_tokens"]) == ("bash", "error", 7)
    assert "duplicate_record" not in codes(trace_of(started, ended))


@pytest.mark.parametrize(
    ("starts", "ends", "copies"), [(2, 1, 1), (1, 2, 1), (2, 2, 2), (2, 0, 1), (0, 2, 1)]
)
def test_of_the_halves_of_a_tool_call_only_those_beyond_one_are_copies(
    starts: int, ends: int, copies: int
) -> None:
    started = [agent("m"), span("m", "t", "tool", 1, None, status="unfinished")]
    ended = [agent("m"), span("m", "t", "tool", 1, 5, status="ok")]

    trace = trace_of(*[started] * starts, *[ended] * ends)

    found = [row["count"] for row in trace.findings.to_pylist() if row["code"] == "duplicate_record"]
    assert sum(found) == copies


def test_equal_ids_of_different_runs_are_two_sessions() -> None:
    later = [
        agent("m"),
        span("m", "r1", "request", 1000, 1010),
        span("m", "t1", "tool", 1011, 1050),
        span("m", "r2", "request", 1051, 1060),
    ]

    trace = trace_of(MAIN, later)

    assert trace.sessions["session"].to_pylist() == ["m", "m#2"]
    assert frame(trace.spans).group_by("session").len().get_column("len").to_list() == [5, 5]
    assert "id_collision" in codes(trace)


def test_two_runs_in_pieces_are_told_apart_by_time() -> None:
    later = [
        agent("m"),
        *(span("m", f"r{n}", "request", 1000 + n, 1000.5 + n) for n in range(6)),
    ]
    earlier = [agent("m"), *(span("m", f"r{n}", "request", 1 + n, 1.5 + n) for n in range(6))]

    trace = trace_of(later[:4], earlier[3:], earlier[:4], later[3:])

    assert trace.sessions.num_rows == 2
    assert frame(trace.spans).filter(pl.col("kind") == "request").height == 12


def test_one_id_at_two_times_in_one_source_keeps_both_spans() -> None:
    trace = trace_of([*MAIN, span("m", "r1", "request", 55, 58)])

    assert frame(trace.spans).filter(pl.col("kind") == "request").height == 3
    assert "id_collision" in codes(trace)


def test_a_fork_counts_its_copied_history_once() -> None:
    def fork(chain: str, rows: list[Row]) -> list[Row]:
        return [*rows, lambda recorder: recorder.same_family(f"chain:{chain}", "root")]

    original = fork("m", MAIN)
    copy = [agent("f"), span("f", "r1", "request", 0.001, 10), span("f", "n1", "request", 70, 80)]

    trace = trace_of(original, fork("f", copy))

    keys = frame(trace.spans).filter(pl.col("kind") == "request").select("session", "source_id").rows()
    assert sorted(keys) == [("f", "n1"), ("m", "r1"), ("m", "r2")]
    assert "copied_history" in codes(trace)


def test_a_fork_that_did_nothing_of_its_own_is_no_session_and_the_next_one_is() -> None:
    def fork(chain: str, rows: list[Row]) -> list[Row]:
        return [*rows, lambda recorder: recorder.same_family(f"chain:{chain}", "root")]

    original = fork("m", MAIN)
    idle = fork("n", [agent("n"), span("n", "r1", "request", 0.001, 10)])
    later = [agent("z"), span("z", "z1", "request", 90, 95)]

    trace = trace_of(original, idle, later)

    assert trace.sessions["session"].to_pylist() == ["m", "z"]
    assert frame(trace.spans).filter(pl.col("source_id") == "z1")["session"].to_list() == ["z"]


def test_a_missing_parent_leaves_the_span_with_its_agent() -> None:
    trace = trace_of([*MAIN, span("m", "lost", "tool", 52, 53, parent_key="never exported")])

    rows = by_key(frame(trace.spans))
    assert rows["lost"]["parent"] == rows["agent:m"]["span"]
    assert "missing_parent" in codes(trace)


def test_spans_that_contain_each_other_lose_their_parents() -> None:
    trace = trace_of(
        [
            agent("m"),
            span("m", "a", "other", 1, 5, parent_key="b"),
            span("m", "b", "other", 1, 5, parent_key="a"),
            span("m", "r", "request", 2, 3, parent_key="a"),
        ]
    )

    assert frame(trace.spans).filter(pl.col("parent").is_null()).height == 1
    assert "parent_cycle" in codes(trace)


def test_an_end_before_its_start_is_of_no_length_and_unknown() -> None:
    trace = trace_of([*MAIN, span("m", "odd", "tool", 55, 53)])

    odd = by_key(frame(trace.spans))["odd"]
    assert (odd["start_ns"], odd["end_ns"], odd["end_evidence"]) == (55 * SECOND, 55 * SECOND, "unknown")
    assert "negative_duration" in codes(trace)


def test_a_span_without_any_time_is_dropped_with_a_finding() -> None:
    trace = trace_of([*MAIN, span("m", "never", "tool", None, None)])

    assert "never" not in by_key(frame(trace.spans))
    assert "no_time" in codes(trace)


def test_a_user_is_waited_for_before_a_request_that_answers_one() -> None:
    trace = trace_of([*MAIN, span("m", "r3", "request", 75, 80, trigger="user_message")])

    wait = frame(trace.spans).filter(pl.col("kind") == "user_wait")
    assert wait.select("start_ns", "end_ns").row(0) == (60 * SECOND, 75 * SECOND)


def test_a_server_that_notes_a_request_in_whole_milliseconds_hides_no_user() -> None:
    client = span("m", "chat", "request", 75.0004, 80, trigger="user_message")
    router = span("m", "route", "other", 75, 79, parent_key="chat")
    server = span("m", "http", "request", 75, 79, parent_key="route")
    trace = trace_of([*MAIN, client, router, server])

    wait = frame(trace.spans).filter(pl.col("kind") == "user_wait")
    assert wait.select("start_ns").to_series().to_list() == [60 * SECOND]


@pytest.mark.parametrize(("asked", "waits", "joins"), [(20.001, 0, 1), (25, 1, 0)])
def test_a_message_that_comes_at_the_end_of_an_agent_is_its_result_and_no_users(
    asked: float, waits: int, joins: int
) -> None:
    trace = trace_of(
        [
            *(agent("p"), span("p", "p1", "request", 1, 12)),
            *(agent("c", "p"), span("c", "c1", "request", 2, 20)),
            span("p", "p2", "request", asked, 30, trigger="user_message"),
        ]
    )
    assert frame(trace.spans).filter(pl.col("kind") == "user_wait").height == waits
    assert frame(trace.links).filter(pl.col("kind") == "joins").height == joins


def test_a_session_that_lay_idle_was_suspended() -> None:
    trace = trace_of([*MAIN, span("m", "r3", "request", 4000, 4001)])

    wait = frame(trace.spans).filter(pl.col("kind") == "user_wait")
    assert wait.select("start_ns", "own_phase").row(0) == (60 * SECOND, "suspended")


def test_a_request_inside_a_request_is_its_servers_view() -> None:
    client = span("m", "chat", "request", 61, 70, input_tokens=100)
    server = span("m", "http", "request", 62, 69, parent_key="chat", queue_ns=1, cache_read_tokens=64)

    trace = trace_of([*MAIN, client, server])

    rows = by_key(frame(trace.spans))
    assert rows["http"]["kind"] == "other"
    assert (rows["chat"]["input_tokens"], rows["chat"]["cache_read_tokens"]) == (100, 64)
    assert frame(trace.spans).filter(pl.col("kind") == "request").height == 3


def test_a_start_that_was_rounded_down_still_hangs_on_what_it_waited_for() -> None:
    rows = [agent("m"), span("m", "r", "request", 1, 10.0007), span("m", "t", "tool", 10, 12)]

    (found,) = frame(trace_of(rows).links).rows(named=True)

    assert (found["kind"], found["explicit"]) == ("feeds", False)


def test_tools_that_begin_together_do_not_hang_on_each_other() -> None:
    rows = [
        agent("m"),
        span("m", "r", "request", 1, 9),
        span("m", "a", "tool", 10, 10.0015),
        span("m", "b", "tool", 10.001, 12),
    ]

    assert trace_of(rows).links.num_rows == 0


def test_turns_count_requests_and_their_tools() -> None:
    rows = by_key(spans([*MAIN, *CHILD]))

    assert [rows[key]["turn"] for key in ("r1", "t1", "r2", "x1", "x2")] == [1, 1, 2, 1, 2]


def test_a_session_ends_with_its_main_agent_and_the_rest_is_detached() -> None:
    straggler = [agent("c", "m"), span("c", "x", "request", 55, 100)]

    sessions = frame(trace_of([*MAIN, *straggler]).sessions)

    assert sessions.select("end_ns", "detached_ns").row(0) == (60 * SECOND, 40 * SECOND)


def test_an_explicit_link_is_kept_and_one_to_nowhere_is_a_finding() -> None:
    trace = trace_of([*MAIN, link("m", "r1", "t1"), link("m", "r1", "gone")])

    assert frame(trace.links).select("explicit", "rule").row(0) == (True, "stated")
    assert "unresolved_link" in codes(trace)


def test_rows_of_no_session_make_an_empty_trace() -> None:
    assert source("empty", []).raw.records == 0
    assert trace_of([]).sessions.num_rows == 0


def test_a_session_of_several_names_is_called_as_its_main_agent() -> None:
    """Its first span is a server's, whose trace has no name; `a` comes before `m`."""
    unnamed = {"session_key": "trace:1", "request_id": "1"}
    server = [span("m", "http", "request", 1, 9, **unnamed)]
    record = [
        *(agent("m"), span("m", "record", "request", 1.001, 8.9, request_id="1", input_tokens=10)),
        *(agent("a", "m"), span("a", "x", "request", 3, 5)),
    ]
    assert trace_of(server, record).sessions["session"].to_pylist() == ["m"]
