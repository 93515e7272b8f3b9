"""Dependencies by the ids of tool calls."""

import json
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from unit.ingest.otlp.telemetry import Record, key, read_spans, span

CHAT = {"gen_ai.operation.name": "chat"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "call-1"}
ASKED = {
    "role": "assistant",
    "parts": [{"type": "text", "content": "…"}, {"type": "tool_call", "id": "call-1"}],
}
ANSWERED = {
    "role": "tool",
    "parts": [{"type": "tool_call_response", "id": "call-1", "result": {"type": "x"}}],
}

EMITTED: list[Record] = [
    {**CHAT, "gen_ai.output.messages": json.dumps([ASKED])},
    {**CHAT, "gen_ai.output.messages": [ASKED]},
    {"openinference.span.kind": "LLM", "llm.output_messages.0.message.tool_calls.1.tool_call.id": "call-1"},
    {"llm.request.type": "chat", "gen_ai.completion.0.tool_calls.0.id": "call-1"},
    {"ai.operationId": "ai.streamText.doStream", "ai.response.toolCalls": '[{"toolCallId":"call-1"}]'},
]
CONSUMED: list[Record] = [
    {**CHAT, "gen_ai.input.messages": json.dumps([ASKED, ANSWERED])},
    {"openinference.span.kind": "LLM", "llm.input_messages.7.message.tool_call_id": "call-1"},
    {"llm.request.type": "chat", "gen_ai.prompt.3.tool_call_id": "call-1"},
]


def _links(*spans: Record) -> list[tuple[Any, ...]]:
    trace = assemble([ReadSource("spans", "otlp", 1, read_spans(*spans))])
    names = {(row["session"], row["span"]): row["source_id"] for row in trace.spans.to_pylist()}
    return [
        (*(names[row["session"], row[end]] for end in ("from_span", "to_span")), row["kind"], row["explicit"])
        for row in trace.links.to_pylist()
        if row["rule"].startswith("tool call id")
    ]


@pytest.mark.parametrize("values", EMITTED)
def test_a_tool_waits_for_the_request_that_asked_for_it(values: Record) -> None:
    assert _links(span(1, (0, 5), values), span(2, (5, 9), TOOL)) == [(key(1), key(2), "feeds", True)]


@pytest.mark.parametrize("values", CONSUMED)
def test_the_first_request_with_the_result_waits_for_the_tool(values: Record) -> None:
    spans = [span(3, (20, 25), values), span(2, (10, 15), values), span(1, (5, 9), TOOL)]

    assert _links(*spans) == [(key(1), key(2), "feeds", True)]


def test_of_two_spans_of_one_request_the_inner_one_asked() -> None:
    values = EMITTED[0]

    spans = [span(1, (0, 5), values), span(2, (1, 5), values, parent=1), span(3, (6, 7), TOOL)]
    assert _links(*spans) == [(key(2), key(3), "feeds", True)]


def test_calls_that_each_answer_numbers_anew_are_told_apart_by_time() -> None:
    asked, had = EMITTED[0], CONSUMED[0]
    spans = [
        span(1, (0, 5), asked),
        span(2, (5, 9), TOOL),
        span(3, (10, 15), {**asked, **had}),
        span(4, (15, 19), TOOL),
        span(5, (20, 25), had),
    ]

    assert _links(*spans) == [
        (key(1), key(2), "feeds", True),
        (key(2), key(3), "feeds", True),
        (key(3), key(4), "feeds", True),
        (key(4), key(5), "feeds", True),
    ]


def test_calls_of_other_traces_are_not_joined() -> None:
    assert _links(span(1, (0, 5), EMITTED[0]), span(2, (5, 9), TOOL, trace="e" * 32)) == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "[" * 5000, '[{"parts": {"type": "tool_call"}}]'])
def test_messages_that_are_something_else_say_nothing(text: str) -> None:
    assert _links(span(1, (0, 5), {**CHAT, "gen_ai.output.messages": text}), span(2, (5, 9), TOOL)) == []


def test_no_content_is_kept() -> None:
    trace = read_spans(
        span(1, (0, 5), {**CHAT, "gen_ai.input.messages": '[{"role":"user","content":"secret"}]'})
    )

    assert "secret" not in repr([getattr(trace, name) for name in trace.__slots__])
