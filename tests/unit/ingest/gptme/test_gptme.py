"""A conversation: what its messages were, and when, with and without the timings of newer versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import SECOND, Reading, read_content

EPOCH_NS = 1_772_366_400 * SECOND


def _message(role: str, second: float, **values: Any) -> dict[str, Any]:
    stamp = f"2026-03-01T12:00:{second:09.6f}+00:00"
    return {"role": role, "content": f"{role} at {second}", "timestamp": stamp} | values


def _lines(*messages: Any) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def _read(*messages: Any) -> Reading:
    assert recognise(Source("x", _lines(*messages))).id == "gptme"
    return read_content("gptme", _lines(*messages))


def _bounds(found: Reading, kind: str) -> list[tuple[float, float]]:
    return [
        ((span["start_ns"] - EPOCH_NS) / SECOND, (span["end_ns"] - EPOCH_NS) / SECOND)
        for span in found.of(kind)
    ]


START = (_message("system", 0), _message("user", 1))


def test_an_answer_was_asked_for_after_the_question_and_a_tool_ran_after_the_answer() -> None:
    found = _read(*START, _message("assistant", 5), _message("system", 7), _message("assistant", 9))

    assert _bounds(found, "request") == [(1, 5), (7, 9)]
    assert _bounds(found, "tool") == [(5, 7)]
    assert [span["start_evidence"] for span in found.of("request")] == ["bounded", "bounded"]
    assert [span["trigger"] for span in found.of("request")] == ["user_message", "tool_result"]
    first, second = (span["span_key"] for span in found.of("request"))
    (tool,) = (span["span_key"] for span in found.of("tool"))
    assert found.linked("order of messages") == {(first, tool)}
    assert found.linked("tool result") == {(tool, second)}


def test_what_the_program_says_for_its_user_is_nobody_s_wait() -> None:
    """Where nobody is there to answer, it goes on with a message of its own."""
    reply = _message("user", 6, content="<system>said by the program</system>")
    found = _read(*START, _message("assistant", 5), reply, _message("assistant", 9), _message("system", 9.5))

    assert _bounds(found, "request") == [(1, 5), (6, 9)]
    assert [span["trigger"] for span in found.of("request")] == ["user_message", "other"]
    assert _bounds(found, "tool") == [(9, 9.5)]


def test_what_precedes_the_first_answer_may_stand_in_any_order() -> None:
    opening = _message("system", 2), _message("system", 1), _message("user", 0.5)
    assert not _read(*opening, _message("assistant", 5)).findings
    late = _read(*opening, _message("assistant", 5), _message("system", 4))
    assert late.findings.keys() == {"clock_jump"}


def test_timings_tell_when_it_was_sent_and_when_it_began() -> None:
    timings = {"ttft_ms": 500, "gen_ms": 2000.0, "tool_ms_by_name": {"shell": 900}}
    found = _read(*START, _message("assistant", 5, metadata={"timings": timings}), _message("system", 6))

    (request,), (tool,) = found.of("request"), found.of("tool")
    assert _bounds(found, "request") == [(2.5, 5)]
    assert (request["first_token_ns"] - EPOCH_NS, request["start_evidence"]) == (3 * SECOND, "derived")
    assert tool["name"] == "shell"


def test_tools_of_one_answer_follow_each_other() -> None:
    assert _bounds(_read(*START, _message("assistant", 5), _message("tool", 6)), "tool") == [(5, 6)]
    noted = {"metadata": {"tool": "save"}, "call_id": "c"}
    found = _read(*START, _message("assistant", 5), _message("system", 6, **noted), _message("system", 9))

    assert _bounds(found, "tool") == [(5, 6), (6, 9)]
    assert [(span["name"], span["call_id"]) for span in found.of("tool")] == [("save", "c"), (None, None)]


def test_messages_of_the_program_before_an_answer_are_no_tools() -> None:
    found = _read(*START, _message("system", 3), _message("assistant", 5))

    assert found.of("tool") == []
    assert _bounds(found, "request") == [(3, 5)]


@pytest.mark.parametrize("nested", [True, False])
def test_the_prompt_is_told_without_the_cache(*, nested: bool) -> None:
    usage = {"input_tokens": 10, "output_tokens": 7, "cache_read_tokens": 100, "cache_creation_tokens": 20}
    about = {"model": "m", **({"usage": usage} if nested else usage)}
    (request,) = _read(*START, _message("assistant", 5, metadata=about)).of("request")

    names = ("model", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    assert [request[name] for name in names] == ["m", 130, 100, 20, 7]


def test_a_prefix_is_the_same_conversation_and_another_one_is_not() -> None:
    whole = (*START, _message("assistant", 5), _message("user", 9), _message("assistant", 11))
    keys = [_read(*messages).sessions[0]["session_key"] for messages in (whole, whole[:3], whole[1:])]

    assert keys[0] == keys[1] != keys[2]
    assert _read(*whole[:3]).spans.items() <= _read(*whole).spans.items()


@pytest.mark.parametrize("value", [[], {}, None, 7])
def test_fields_of_other_types_are_looked_at_without_harm(value: Any) -> None:
    for name in ("role", "content", "timestamp", "metadata"):
        content = _lines(*START, {**_message("assistant", 5), name: value}, _message("assistant", 6))
        assert recognise(Source("x", content)).id == "gptme"
        assert read_content("gptme", content).of("request")


def test_a_time_without_a_zone_is_told() -> None:
    found = _read(*({**message, "timestamp": message["timestamp"][:-6]} for message in START))
    assert found.findings["no_time_zone"]["count"] == 2


def test_damage_costs_its_message() -> None:
    odd = [_message("robot", 6), _message("assistant", 7, timestamp="soon"), [1], _message("user", 2)]
    found = _read(*START, _message("assistant", 5, metadata={"timings": [], "usage": "x"}), *odd)

    assert _bounds(found, "request") == [(1, 5)]
    assert found.findings.keys() == {
        "unknown_record", "step_without_time", "unusable_value", "not_an_object", "field_unusable", "clock_jump",
    }  # fmt: skip


@pytest.mark.parametrize("other", [{"id": 1}, {"session_id": "x"}, {"content": []}, {"timestamp": 5}])
def test_messages_of_other_programs_are_not_claimed(other: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="no known format"):
        recognise(Source("x", _lines(*({**message, **other} for message in START))))
