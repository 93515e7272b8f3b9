"""What one instant a step can tell, and what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from unit.ingest.atif.trajectories import METRICS, T0, answer, call, ran, read_value, step, trajectory
from unit.ingest.readings import Reading, Row

KEY = "atif:s1:coder:0"


def _read(*steps: Row, **fields: Any) -> Reading:
    return read_value(trajectory(*steps, **fields))


def _bounds(reading: Reading, *names: str) -> list[tuple[float | None, float | None]]:
    return [reading.bounds(f"{KEY}:{name}", T0) for name in names]


def test_where_only_a_model_ran_it_had_the_time_between_two_steps() -> None:
    reading = _read(step(0, "user"), answer(4))
    span = reading.spans[f"{KEY}:2"]

    assert _bounds(reading, "2") == [(0, 4)]
    assert (span["kind"], span["start_evidence"], span["end_evidence"]) == ("request", "bounded", "bounded")
    assert (span["model"], span["trigger"], span["own_phase"]) == ("tiny", "user_message", None)
    assert (span["input_tokens"], span["cache_read_tokens"], span["output_tokens"]) == (100, 64, 9)


def test_where_tools_ran_too_the_time_between_is_of_unknown_phase() -> None:
    reading = _read(step(0, "user"), answer(4, "a", "b"), answer(9))

    assert _bounds(reading, "3:before", "2:call:a", "2:call:b", "3") == [(4, 9), (4, 4), (4, 4), (9, 9)]
    stretch = reading.spans[f"{KEY}:3:before"]
    assert (stretch["kind"], stretch["own_phase"], stretch["start_evidence"]) == (
        "other",
        "unknown",
        "bounded",
    )
    assert {reading.spans[f"{KEY}:{name}"]["parent_key"] for name in ("2:call:a", "3")} == {f"{KEY}:3:before"}
    assert reading.spans[f"{KEY}:3"]["trigger"] == "tool_result"
    assert reading.findings["tools_and_model_mixed"]["count"] == 1


def test_tools_that_say_when_they_ran_leave_the_rest_to_the_model() -> None:
    reading = _read(step(0, "user"), answer(4, call("a", extra=ran(4.5, 7))), answer(9))

    assert _bounds(reading, "2:call:a", "3") == [(4.5, 7), (7, 9)]
    assert reading.spans[f"{KEY}:2:call:a"]["start_evidence"] == "measured"


def test_requests_that_say_when_they_ran_bound_the_tools() -> None:
    reading = _read(answer(4, "a", extra=ran(1, 4)), answer(9, extra=ran(7, 9)))

    assert _bounds(reading, "1", "1:call:a", "2") == [(1, 4), (4, 7), (7, 9)]
    assert reading.spans[f"{KEY}:2"]["start_evidence"] == "measured"
    assert reading.spans[f"{KEY}:1:call:a"]["end_evidence"] == "bounded"


def test_relay_keeps_what_it_knows_of_calls_beside_them() -> None:
    extra = {"tool_invocations": [ran(5, 6)["invocation"], ran(5, 8)["invocation"]]}
    reading = _read(answer(4, "a", "b", extra=extra))

    assert _bounds(reading, "1:call:a", "1:call:b") == [(5, 6), (5, 8)]


def test_what_began_before_the_model_that_made_it_is_a_part_of_the_program() -> None:
    """As the functions of a graph are, which NeMo Agent Toolkit lists among the calls of an answer in them."""
    beside = [ran(*bounds)["invocation"] for bounds in ((1, 9), (3, 5), (6, 8))]
    extra = ran(2, 5) | {"tool_invocations": beside}
    reading = _read(step(0, "user"), answer(5, "graph", "early", "late", extra=extra))

    kinds = {name: reading.spans[f"{KEY}:2:call:{name}"] for name in ("graph", "early", "late")}
    assert [span["kind"] for span in kinds.values()] == ["other", "tool", "tool"]
    assert (kinds["graph"]["own_phase"], kinds["graph"]["blocking"]) == ("harness", False)
    assert _bounds(reading, "2:call:graph", "2:call:early", "2:call:late") == [(1, 9), (3, 5), (6, 8)]
    assert reading.findings["call_before_model"]["count"] == 1


def test_a_person_is_waited_for_after_an_answer_without_calls() -> None:
    reading = _read(step(0, "user"), answer(4), step(60, "user"), answer(63))

    assert _bounds(reading, "3:before", "4") == [(4, 60), (60, 63)]
    assert reading.spans[f"{KEY}:3:before"]["kind"] == "user_wait"


def test_after_calls_it_is_not_told_whether_a_person_was_waited_for() -> None:
    reading = _read(step(0, "user"), answer(4, "finish"), step(60, "user"), answer(63))

    assert reading.of("user_wait") == []
    assert reading.spans[f"{KEY}:3:before"]["own_phase"] == "unknown"


def test_a_harness_that_stamps_steps_after_their_commands_is_known_by_its_name() -> None:
    reading = _read(step(0, "user"), answer(6, "a"), answer(9), name="terminus-2")
    key = "atif:s1:terminus-2:0"

    assert {span.removeprefix(f"{key}:"): reading.bounds(span, T0) for span in reading.spans} == {
        "2:before": (0, 6),
        "2": (0, 0),
        "2:call:a": (6, 6),
        "3": (6, 9),
    }


def test_copied_steps_count_nothing() -> None:
    copied = [step(0, "user", is_copied_context=True), answer(2, "a", is_copied_context=True)]
    reading = _read(*copied, step(3, "user"), answer(4))

    assert list(reading.spans) == [f"{KEY}:4"]
    assert reading.findings["copied_context"]["count"] == 2
    assert reading.records == 4


def test_without_timestamps_nothing_is_invented() -> None:
    reading = _read(step(None, "user"), answer(None, "a"), answer(None))

    assert reading.spans == {}
    assert reading.findings["step_without_time"]["count"] == 3
    assert reading.records == 3


def test_a_step_without_a_timestamp_among_others_costs_itself() -> None:
    reading = _read(step(0, "user"), answer(None), answer(6))

    assert list(reading.spans) == [f"{KEY}:3"]
    assert reading.findings["step_without_time"]["count"] == 1


def test_time_that_goes_back_makes_no_negative_length() -> None:
    reading = _read(step(10, "user"), answer(4), answer(12))

    assert _bounds(reading, "2", "3") == [(4, 4), (10, 12)]
    assert reading.findings["time_goes_back"]["count"] == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"llm_call_count": 1, "metrics": {}}, True),
        ({"llm_call_count": 0}, False),
        ({"metrics": {}, "extra": {"ancestry": {"function_id": "w", "parent_id": None}}}, False),
        ({"metrics": {}, "model_name": "m", "extra": {"ancestry": {"function_id": "w"}}}, True),
    ],
)
def test_an_agents_step_is_a_request_unless_it_says_otherwise(fields: Row, expected: bool) -> None:  # noqa: FBT001
    assert len(_read(step(0, "user"), answer(1, **fields)).of("request")) == expected


def test_a_step_of_several_calls_of_a_model_is_one_request_and_said() -> None:
    reading = _read(step(0, "user"), answer(1, llm_call_count=3))

    assert len(reading.of("request")) == 1
    assert reading.findings["aggregated_step"]["count"] == 1


def test_more_tokens_are_told_beside() -> None:
    extra = {"reasoning_tokens": 5, "cache_creation_input_tokens": 20}
    span = _read(step(0, "user"), answer(1, metrics=METRICS | {"extra": extra})).spans[f"{KEY}:2"]

    assert (span["reasoning_tokens"], span["cache_write_tokens"]) == (5, 20)


def test_relays_cached_tokens_hold_those_that_were_written() -> None:
    reading = _read(answer(2, extra=ran(0, 2, framework="nemo_relay")))

    assert reading.spans[f"{KEY}:1"]["cache_read_tokens"] is None
    assert reading.findings["cached_tokens_hold_writes"]["count"] == 1


def test_calls_hang_on_the_answer_that_made_them() -> None:
    reading = _read(step(0, "user"), answer(4, "a"), answer(9))

    assert reading.linked("tool_calls") == {(f"{KEY}:2", f"{KEY}:2:call:a")}
    assert reading.spans[f"{KEY}:2:call:a"]["call_id"] == "a"


def test_a_compaction_reaches_from_the_step_before_it() -> None:
    managed = {"context_management": {"type": "compaction"}}
    reading = _read(step(0, "user"), answer(4), step(9, "system", extra=managed), answer(12))

    assert _bounds(reading, "3", "4") == [(4, 9), (9, 12)]
    compaction = reading.spans[f"{KEY}:3"]
    assert (compaction["kind"], compaction["purpose"]) == ("compaction", "compaction")
    assert compaction["compaction_trigger"] == "compaction"


def test_no_content_leaves_the_reader() -> None:
    secret = {"message": "SECRET", "reasoning_content": "SECRET"}
    calls = [call("a", arguments={"x": "SECRET"})]
    reading = _read(
        step(0, "user", message="SECRET"),
        answer(4, *calls, results=[{"source_call_id": "a", "content": "SECRET"}], **secret),
        notes="SECRET",
    )

    assert "SECRET" not in str(reading)
