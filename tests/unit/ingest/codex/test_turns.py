"""Turns: who began them, how they ended, and how long the user was waited for in between."""

from __future__ import annotations

from agenttrace.critical_path.analysis import analyze
from unit.ingest.codex.rollout import Rollout, assembled, bounds, findings, links, read, spans, uuid7


def _one_turn() -> Rollout:
    return Rollout().meta().begin(0.5).prompt(1).say(3).count(3.5).end(4)


def test_the_user_is_waited_for_from_the_end_of_a_turn_to_the_beginning_of_the_next() -> None:
    """The prompt's own record comes after what the program prepares for it."""
    trace = read(_one_turn().begin(64).prompt(68).say(70).count(70.5).end(71))
    (wait,) = spans(trace, "user_wait")

    assert (bounds(wait), wait["start_evidence"], wait["end_evidence"]) == ((4, 64), "measured", "measured")
    second = spans(trace, "request")[1]
    assert (wait["span_key"], second["span_key"]) in links(trace, "feeds")
    assert bounds(second) == (68, 70.5)


def test_without_records_of_turns_each_prompt_begins_one() -> None:
    rollout = Rollout().meta().prompt(1).say(3).count(3.5).prompt(60).say(62).count(62.5)
    (wait,) = spans(read(rollout), "user_wait")

    assert (bounds(wait), wait["start_evidence"]) == ((3.5, 60), "bounded")


def test_a_prompt_while_a_turn_runs_steers_it() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).call(3).result(5).count(5).prompt(5.5, "rather so")
    trace = read(rollout.say(8).count(8.5).end(9))

    assert spans(trace, "user_wait") == []
    assert [bounds(row) for row in spans(trace, "request")] == [(1, 3), (5.5, 8.5)]


def test_a_turn_that_no_person_began_was_not_waited_for() -> None:
    rollout = _one_turn().begin(64).item(64.5, "agent_message", author="/task/x").say(66).count(66.5).end(67)

    assert spans(read(rollout), "user_wait") == []


def test_a_prompt_that_stands_only_among_the_items_is_one() -> None:
    """Later versions write no event for it; what the program says of its surroundings is none."""
    rollout = _one_turn().begin(64)
    rollout.item(64.5, "message", role="user", content=[{"text": "<environment_context>…"}])
    rollout.item(65, "message", role="user", content=[{"text": "and now?"}]).say(70).count(70.5).end(71)

    assert [bounds(row) for row in spans(read(rollout), "user_wait")] == [(4, 64)]


def test_an_answer_that_the_user_stops_ends_there() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).say(2).count(2.5).end(3)
    rollout.begin(10).prompt(11).think(13).event(20, "turn_aborted", reason="interrupted")
    trace = read(rollout)
    (stopped,) = spans(trace, "other")

    assert (bounds(stopped), stopped["status"], stopped["end_evidence"]) == (
        (11, 20),
        "cancelled",
        "measured",
    )


def test_a_model_that_said_nothing_until_the_user_stopped_was_waited_for() -> None:
    rollout = _one_turn().begin(10).prompt(11).event(20, "turn_aborted", reason="interrupted")
    trace = read(rollout.begin(30).prompt(31).say(33).count(33.5).end(34))

    assert [bounds(row) for row in spans(trace, "other")] == [(11, 20)]
    assert [bounds(row) for row in spans(trace, "user_wait")] == [(4, 10), (20, 30)]


def test_a_turn_that_fails_names_the_kind_of_its_error() -> None:
    rollout = _one_turn().begin(10).prompt(11)
    trace = read(rollout.end(15, error={"message": "secret", "codex_error_info": {"usage_limit": {}}}))
    (failed,) = spans(trace, "other")

    assert (bounds(failed), failed["status"], failed["error"]) == ((11, 15), "error", "usage_limit")


def _review_item(rollout: Rollout, at: float, kind: str, thread: str) -> Rollout:
    return rollout.event(at, "item_completed", thread_id=thread, item={"type": kind, "id": "i"})


def test_a_review_whose_thread_is_named_is_a_call_with_a_subagent_in_it() -> None:
    """As newest versions record it: what it found is repeated as a message, which is no request."""
    child = uuid7(40, 7)
    rollout = _review_item(_one_turn(), 40, "EnteredReviewMode", uuid7(0))
    rollout = _review_item(rollout.event(40.1, "task_started", turn_id="r"), 40.2, "UserMessage", child)
    rollout = _review_item(rollout.prompt(98, "<user_action> made up"), 99, "ExitedReviewMode", uuid7(0))
    trace = read(rollout.say(99.1).end(99.5))
    (review,) = spans(trace, "tool")

    assert (bounds(review), review["name"]) == ((40, 99), "review")
    assert len(spans(trace, "request")) == 1
    (agent,) = (row for row in trace.agents.to_pylist() if row["agent_key"] == child)
    assert (agent["spawn_key"], agent["background"]) == (review["span_key"], False)
    assert findings(trace) == {}


def test_the_thread_of_a_review_is_waited_for() -> None:
    (agent,) = read(
        Rollout().meta(source={"subagent": "review"}).begin(1).say(2).count(2).end(3)
    ).agents.to_pylist()
    assert agent["background"] is False


def test_a_review_is_time_of_which_this_file_tells_nothing() -> None:
    rollout = _one_turn().event(40, "entered_review_mode", target={}).event(40.1, "task_started", turn_id="r")
    rollout.event(42, "user_message", message="review this")
    rollout.item(99, "message", role="assistant", id="review_rollout_assistant", content=[])
    rollout.event(99, "exited_review_mode").event(99, "agent_message", message="…").end(99.5)
    trace = read(rollout)
    (review,) = spans(trace, "other")

    assert (bounds(review), review["own_phase"], review["name"]) == ((40, 99), "unknown", "review")
    assert len(spans(trace, "request")) == 1
    assert [bounds(row) for row in spans(trace, "user_wait")] == [(4, 40)]
    assert findings(trace) == {"review_apart": 1}


def test_the_time_of_a_session_is_told_apart() -> None:
    rollout = _one_turn().begin(64).prompt(68).call(70).result(75).count(75).say(80).count(80.5).end(81)
    (session,) = analyze(assembled(rollout)).sessions.to_dicts()
    seconds = {
        name[5:-3]: value / 10**9
        for name, value in session.items()
        if name.startswith("path_") and name.endswith("_ns") and value
    }

    assert session["wall_ns"] == round(79.5 * 10**9)
    assert {name: seconds[name] for name in ("user", "tool", "harness")} == {
        "user": 60,
        "tool": 5,
        "harness": 4.5,
    }
    assert seconds["model"] == 10


def test_a_subagent_whose_parent_is_in_no_source_waits_for_its_prompts() -> None:
    parent = {"subagent": {"thread_spawn": {"parent_thread_id": uuid7(0)}}}
    child = Rollout(uuid7(0.25)).meta(0.25, source=parent).begin(0.5).prompt(1).say(3).count(3.5).end(4)
    trace = assembled(child.begin(64).prompt(65).say(66).count(66.5).end(67))
    (session,) = analyze(trace).sessions.to_dicts()

    assert session["path_user_ns"] == round(61.5 * 10**9)
