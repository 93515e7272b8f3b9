"""Ids of tool calls are found in the messages of every provider, and nothing else is."""

from typing import Any

import pytest

from agenttrace.ingest.telemetry.call_ids import answered, asked, result_of

ASKED: list[tuple[str, Any]] = [
    ("chat completions", {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function"}]}),
    ("responses", {"output": [{"type": "function_call", "id": "fc", "call_id": "c1"}]}),
    ("anthropic", {"content": [{"type": "tool_use", "id": "c1", "input": {"id": "no"}}]}),
    ("gen_ai", [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1"}]}]),
    ("vercel", [{"toolCallId": "c1", "toolName": "find", "input": "{}"}]),
    ("langchain", {"kwargs": {"tool_calls": [{"name": "f", "id": "c1", "type": "tool_call"}]}}),
    ("json in a text", '{"tool_calls": [{"id": "c1"}]}'),
]
ANSWERED: list[tuple[str, Any]] = [
    ("chat completions", [{"role": "tool", "tool_call_id": "c1", "content": "x"}]),
    ("responses", [{"type": "function_call_output", "call_id": "c1", "output": "x"}]),
    ("anthropic", [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1"}]}]),
    ("gen_ai", [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1"}]}]),
    ("vercel", [{"type": "tool-result", "toolCallId": "c1"}]),
    ("langchain", {"messages": [[{"lc": 1, "kwargs": {"tool_call_id": "c1"}}]]}),
]


@pytest.mark.parametrize(("case", "answer"), ASKED, ids=[case for case, _ in ASKED])
def test_calls_that_an_answer_asks_for(case: str, answer: Any) -> None:
    assert asked(answer) == ["c1"], case
    assert answered(answer) == []


@pytest.mark.parametrize(("case", "prompt"), ANSWERED, ids=[case for case, _ in ANSWERED])
def test_calls_whose_results_are_in_a_prompt(case: str, prompt: Any) -> None:
    assert answered(prompt) == ["c1"], case
    assert asked(prompt) == []


def test_a_call_that_is_told_twice_is_one() -> None:
    twice = {"tool_calls": [{"id": "c1"}], "additional_kwargs": {"tool_calls": [{"id": "c1"}]}}

    assert asked(twice) == ["c1"]


@pytest.mark.parametrize(
    ("outcome", "call"),
    [
        ({"type": "tool", "tool_call_id": "c1"}, "c1"),
        ('{"type": "tool", "tool_call_id": "c1"}', "c1"),
        ({"output": {"tool_call_id": "c1"}}, "c1"),
        ({"output": {"lc": 1, "kwargs": {"tool_call_id": "c1"}}}, "c1"),
        ({"messages": [{"tool_call_id": "c1"}]}, None),
        ([{"tool_call_id": "c1"}], None),
        ("c1", None),
        (None, None),
    ],
)
def test_a_tool_message_names_its_call(outcome: Any, call: str | None) -> None:
    assert result_of(outcome) == call


def test_depth_and_strange_values_do_not_matter() -> None:
    deep: Any = {"tool_calls": [{"id": "c1"}, {"id": 7}, "c2", None], "type": ["tool_call"]}
    for _ in range(5_000):
        deep = [deep]

    assert asked(deep) == ["c1"]
