"""A plain reading of the spans and log records finds the story again."""

import json
from collections import Counter
from typing import Any

import pytest

from agenttrace import samples
from agenttrace.samples.story import EPOCH_NS, MILLISECOND, Story
from agenttrace.samples.telling import tell

NAME = "claude-code-33min"
Spans = list[dict[str, Any]]


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in item["attributes"]}


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(NAME, 33)


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return [json.loads(line) for line in samples.sample_bytes(NAME, format_id="otlp").splitlines()]


@pytest.fixture(scope="module")
def spans(documents: list[dict[str, Any]]) -> Spans:
    return _spans(documents)


def _spans(documents: list[dict[str, Any]]) -> Spans:
    (scope,) = documents[0]["resourceSpans"][0]["scopeSpans"]
    return [
        span
        | {
            "values": _attributes(span),
            "start_ns": int(span["startTimeUnixNano"]) - EPOCH_NS,
            "end_ns": int(span["endTimeUnixNano"]) - EPOCH_NS,
        }
        for span in scope["spans"]
    ]


def _named(spans: Spans, kind: str) -> Spans:
    return [span for span in spans if span["name"] == f"claude_code.{kind}"]


def test_each_prompt_is_a_trace_with_one_root(story: Story, spans: Spans) -> None:
    roots = [span for span in spans if "parentSpanId" not in span]
    assert [(root["start_ns"], root["end_ns"]) for root in roots] == [
        (each.prompt_ns, each.end_ns) for each in story.interactions
    ]
    assert len({root["traceId"] for root in roots}) == 4
    assert {span["traceId"] for span in spans} == {root["traceId"] for root in roots}


def test_ids_are_unique_and_parents_exist_in_their_trace(spans: Spans) -> None:
    ids = {(span["traceId"], span["spanId"]) for span in spans}
    assert len(ids) == len(spans)
    parents = {(span["traceId"], span["parentSpanId"]) for span in spans if "parentSpanId" in span}
    assert parents <= ids


def test_every_request_is_there_with_its_tokens_and_times(story: Story, spans: Spans) -> None:
    told = {request.request_id: request for request in story.requests}
    requests = _named(spans, "llm_request")
    assert {span["values"]["request_id"] for span in requests} == told.keys()
    assert len(requests) == 283
    totals = Counter[str]()
    for span in requests:
        values, request = span["values"], told[span["values"]["request_id"]]
        assert (span["start_ns"], span["end_ns"]) == (request.sent_ns, request.end_ns)
        assert values["ttft_ms"] == round((request.first_token_ns - request.start_ns) / MILLISECOND)
        assert values.get("agent_id", story.session_id) == request.agent_id
        totals["cache_read"] += values["cache_read_tokens"]
        totals["cache_write"] += values["cache_creation_tokens"]
        totals["output"] += values["output_tokens"]
        totals["input"] += values["input_tokens"]
    totals["input"] += totals["cache_read"] + totals["cache_write"]
    assert totals == samples.truth(NAME)["tokens"]


def test_the_nested_agent_names_its_parent(story: Story, spans: Spans) -> None:
    (nested,) = [agent for agent in story.agents if agent.depth > 1]
    parents = {span["values"].get("parent_agent_id") for span in _named(spans, "llm_request")}
    assert parents == {None, nested.parent_id}


def test_a_retried_request_lists_its_attempts() -> None:
    lines = samples.sample_bytes("fan-out", format_id="otlp").splitlines()
    spans = _spans([json.loads(line) for line in lines])
    attempts = Counter(len(span["events"]) for span in _named(spans, "llm_request"))
    assert attempts[2] == 1


def test_tools_wait_and_run_as_in_the_story(story: Story, spans: Spans) -> None:
    tools = {tool.call_id: tool for request in story.requests for tool in request.tools}
    places = {span["spanId"]: span["values"]["tool_use_id"] for span in _named(spans, "tool")}
    assert sorted(places.values()) == sorted(tools)
    for span in _named(spans, "tool"):
        tool = tools[span["values"]["tool_use_id"]]
        assert (span["start_ns"], span["end_ns"]) == (tool.asked_ns, tool.end_ns)
    for span in _named(spans, "tool.blocked_on_user"):
        tool = tools[places[span["parentSpanId"]]]
        assert (span["start_ns"], span["end_ns"]) == (tool.asked_ns, tool.start_ns)
    for span in _named(spans, "tool.execution"):
        tool = tools[span["values"]["tool_use_id"]]
        assert (span["start_ns"], span["end_ns"]) == (tool.start_ns, tool.end_ns)
        assert span["status"]["code"] == (2 if tool.failed else 0)


def test_only_the_background_agent_outlives_its_tool_call(story: Story, spans: Spans) -> None:
    ends = {span["spanId"]: span["end_ns"] for span in spans}
    late = {
        span["values"]["agent_id"]
        for span in _named(spans, "llm_request")
        if "agent_id" in span["values"] and span["end_ns"] > ends[span["parentSpanId"]]
    }
    assert late == {news.agent.agent_id for news in story.notifications}


def test_log_records_tell_of_prompts_compaction_and_agents(
    story: Story, documents: list[dict[str, Any]]
) -> None:
    (scope,) = documents[1]["resourceLogs"][0]["scopeLogs"]
    records = [_attributes(record) for record in scope["logRecords"]]
    assert [record["event.sequence"] for record in records] == list(range(len(records)))
    assert Counter(record["event.name"] for record in records) == {
        "user_prompt": 4,
        "subagent_completed": 22,
        "tool_decision": 1,
        "compaction": 1,
    }
    (compaction,) = [record for record in records if record["event.name"] == "compaction"]
    (told,) = story.compactions
    assert compaction["pre_tokens"] == str(told.tokens_before)
    assert compaction["duration_ms"] == str((told.end_ns - told.start_ns) // MILLISECOND)
