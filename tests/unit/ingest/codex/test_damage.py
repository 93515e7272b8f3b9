"""Damage: a finding, no exception, and the records of other turns as they were."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from unit.ingest.codex.rollout import Rollout, findings, read, spans, stamp, uuid7

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([{}, 1, "x", None]),
    st.just({"id": {}, "subagent": {"thread_spawn": []}, "secs": "x"}),
)


def _full() -> Rollout:
    """Two turns with a bit of everything."""
    rollout = Rollout().meta(source={"subagent": {"thread_spawn": {"parent_thread_id": uuid7(0, 9)}}})
    rollout.records[0]["payload"]["source"] = "cli"
    rollout.begin(0.5, approval_policy="on-request").prompt(1).think(3).call(4, call="a")
    rollout.event(4.5, "exec_approval_request", call_id="a").event(6, "exec_command_begin", call_id="a")
    rollout.event(7, "exec_command_end", call_id="a", duration={"secs": 1, "nanos": 0}, exit_code=0)
    rollout.result(8, "a", "Wall time: 1.0 seconds\nOutput:\n").count(8)
    rollout.call(9, "spawn_agent", "s").event(
        9.5,
        "sub_agent_activity",
        event_id="s",
        agent_thread_id=uuid7(9, 3),
        agent_path="/r/x",
        kind="started",
    )
    rollout.result(10, "s", '{"agent_id":"t","nickname":"n"}').count(10)
    rollout.call(11, "wait_agent", "w").result(20, "w", '{"status":{"t":{"completed":"x"}}}').count(20)
    rollout.item(20, "agent_message", author="/r/x", recipient="/r")
    rollout.add(40, "compacted", {"message": "", "replacement_history": []})
    rollout.event(41, "stream_error", message="retrying 1/5 in 200ms").say(44).count(44.5)
    rollout.add(44.6, "token_usage_record", {"response_id": "r", "usage": {"input_tokens": 5}})
    rollout.event(44.7, "item_completed", item={"type": "CommandExecution", "id": "a", "exit_code": 0})
    rollout.end(45, time_to_first_token_ms=2500)
    rollout.event(50, "entered_review_mode").event(60, "exited_review_mode").end(60.5, error={"x": 1})
    return rollout.begin(70).prompt(71).say(73).count(73.5).event(74, "turn_aborted", reason="interrupted")


FULL = _full()
LAST_TURN = 70


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a value."""
    keys: Any = (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@given(st.data())
def test_fields_of_any_type_cost_no_more_than_themselves(data: st.DataObject) -> None:
    records = copy.deepcopy(FULL.records)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(_places(records)))
        holder[key] = copy.deepcopy(data.draw(ODD))
    trace = read(b"\n".join(json.dumps(record).encode() for record in records))

    for row in trace.spans.to_pylist():
        assert row["start_ns"] is None or row["end_ns"] is None or row["start_ns"] <= row["end_ns"]


@given(st.integers(1, len(FULL.content)))
def test_a_file_that_is_cut_anywhere_keeps_what_was_complete(size: int) -> None:
    whole = {row["span_key"]: row for row in spans(read(FULL), "request")}
    cut = spans(read(FULL.content[:size]), "request")

    assert {row["span_key"] for row in cut} <= whole.keys()
    for row in cut[:-1]:
        known = whole[row["span_key"]]
        assert (row["start_ns"], row["end_ns"]) == (known["start_ns"], known["end_ns"])


@given(st.integers(1, len(FULL.records) - 1), st.sampled_from([b"{", b"[1]", b"null", b"\xff\xfe", b'"x"']))
def test_a_broken_line_is_told_and_leaves_the_other_turns(number: int, damage: bytes) -> None:
    lines = FULL.content.splitlines()
    kept = json.loads(lines[number])["timestamp"] < stamp(LAST_TURN)
    lines[number] = damage
    trace = read(b"\n".join(lines) + b"\n")

    assert {"broken_line", "not_an_object", "torn_last_line"} & findings(trace).keys()
    if kept:
        assert spans(trace, "request")[-1] == spans(read(FULL), "request")[-1]


def test_unknown_records_are_counted_with_their_names() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).event(2, "brand_new").say(3).count(3.5)
    trace = read(rollout.add(4, "other_line", {}).event(5, "<b>evil</b>"))
    (finding,) = (row for row in trace.findings.to_pylist() if row["code"] == "unknown_record")

    assert (finding["count"], finding["line"]) == (3, 6)
    assert finding["example"] == "event_msg/brand_new ×1, other_line ×1, ? ×1"


def test_a_duration_of_another_shape_is_left_out() -> None:
    for odd in ({"secs": "x"}, {"secs": -1}, 17, "1s", None, {"secs": 10**30}):
        rollout = Rollout().meta().begin(0.5).prompt(1).call(2)
        rollout.event(5, "exec_command_end", call_id="c1", duration=odd).result(6).count(6)
        (tool,) = spans(read(rollout), "tool")
        assert (tool["start_evidence"], tool["end_evidence"]) == ("bounded", "bounded")


def test_nothing_that_was_said_leaves_the_reader() -> None:
    secret = "hunter2"
    rollout = Rollout().meta(base_instructions={"text": secret}).begin(0.5).prompt(1, secret)
    rollout.item(2, "function_call", name="shell", call_id="c", arguments=secret).result(3, "c", secret)
    rollout.event(3.5, "error", message=secret, codex_error_info={"other": secret}).count(3.6)
    rollout.event(4, "agent_message", message=secret).say(5).count(5.5).end(6, last_agent_message=secret)
    trace = read(rollout)

    for table in ("spans", "agents", "marks", "links", "sessions", "findings"):
        assert secret not in str(getattr(trace, table).to_pylist())


def test_blank_lines_change_nothing_about_calls_without_ids() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).item(2, "web_search_call", status="completed")
    rollout.item(2, "web_search_call", status="completed").say(5).count(6)
    spaced = rollout.content.replace(b"\n", b"\n\n")

    tools = spans(read(rollout), "tool")
    assert len({tool["span_key"] for tool in tools}) == 2
    assert [tool["span_key"] for tool in spans(read(spaced), "tool")] == [tool["span_key"] for tool in tools]


def test_a_type_that_is_no_text_is_survived() -> None:
    rollout = Rollout().meta().begin(0.5).prompt(1).say(3).count(3.5)
    trace = read(rollout.content + b'{"type": {"a": []}}\n')

    assert findings(trace).keys() == {"record_unusable", "turn_unfinished"}
    assert len(spans(trace, "request")) == 1


def test_payloads_that_do_not_say_what_they_are_are_told() -> None:
    rollout = Rollout().meta().add(1, "response_item", {"role": "user"}).add(2, "event_msg", {"type": ["x"]})

    assert findings(read(rollout)) == {"record_unusable": 2}
