"""A plain reading of the server's trace finds the story again, and the identities of the real one hold."""

import json
from collections import Counter
from typing import Any

import pytest

from agenttrace import samples
from agenttrace.samples.story import CACHE_BLOCK_TOKENS, EPOCH_NS, MILLISECOND, Story
from agenttrace.samples.telling import tell

NAME = "claude-code-33min"
Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(NAME, 33)


@pytest.fixture(scope="module")
def rows() -> Events:
    return [json.loads(line) for line in samples.sample_bytes(NAME, format_id="dynamo").splitlines()]


@pytest.fixture(scope="module")
def requests(rows: Events) -> Events:
    return [row["event"] for row in rows if row["event"]["event_type"] == "request_end"]


def test_rows_stand_in_the_order_of_writing(rows: Events) -> None:
    written = [row["timestamp"] for row in rows]
    assert written == sorted(written)
    assert len({row["event"]["event_time_unix_ms"] - row["timestamp"] for row in rows}) == 1


def test_every_request_is_there_with_its_tokens(story: Story, requests: Events) -> None:
    chains = Counter(event["agent_context"]["session_id"] for event in requests)
    assert len(requests) == 283
    assert chains == {agent.agent_id: len(agent.requests) for agent in story.agents}
    tokens = samples.truth(NAME)["tokens"]
    assert isinstance(tokens, dict)
    assert sum(event["request"]["input_tokens"] for event in requests) == tokens["input"]
    assert sum(event["request"]["cached_tokens"] for event in requests) == tokens["cache_read"]
    assert sum(event["request"]["output_tokens"] for event in requests) == tokens["output"]


def test_chains_form_one_tree_and_each_ends_once(story: Story, requests: Events) -> None:
    parents = {
        event["agent_context"]["session_id"]: event["agent_context"].get("parent_session_id")
        for event in requests
    }
    assert parents == {agent.agent_id: agent.parent_id for agent in story.agents}
    finals = [event for event in requests if event["agent_context"].get("session_final")]
    assert len(finals) == len(parents)


def test_durations_are_those_of_the_story_and_add_up(story: Story, requests: Events) -> None:
    told = {request.client_request_id: request for request in story.requests}
    for event in requests:
        row = event["request"]
        request = told[row["x_request_id"]]
        assert row["ttft_ms"] == row["prefill_wait_time_ms"] + row["prefill_time_ms"]
        total_ms = row["ttft_ms"] + row["avg_itl_ms"] * (row["output_tokens"] - 1)
        assert row["total_time_ms"] == pytest.approx(total_ms, abs=1e-9)
        assert row["request_received_ms"] * MILLISECOND == EPOCH_NS + request.start_ns
        assert row["total_time_ms"] * MILLISECOND == request.end_ns - request.start_ns
        assert round(row["prefill_wait_time_ms"] * MILLISECOND) == request.queue_ns
        assert round(row["prefill_time_ms"] * MILLISECOND) == request.prefill_ns
        assert event["event_time_unix_ms"] == row["request_received_ms"] + row["total_time_ms"]


def test_its_wall_time_runs_from_the_first_request_to_the_last_answer(requests: Events) -> None:
    main = [event for event in requests if "parent_session_id" not in event["agent_context"]]
    first_ms = min(event["request"]["request_received_ms"] for event in main)
    last_ms = max(event["event_time_unix_ms"] for event in main)
    walls = samples.truth(NAME)["wall_ns_by_format"]
    assert isinstance(walls, dict)
    assert (last_ms - first_ms) * MILLISECOND == walls["dynamo"]


def test_what_the_cache_gave_is_what_the_prompts_share(requests: Events) -> None:
    """A hit reaches as far as the blocks of an earlier prompt; the compaction breaks the prefix."""
    seen: set[int] = set()
    breaks = 0
    last: dict[str, list[int]] = {}
    for event in sorted(requests, key=lambda event: event["request"]["request_received_ms"]):
        row, chain = event["request"], event["agent_context"]["session_id"]
        hashes = row["replay"]["input_sequence_hashes"]
        assert len(hashes) == -(-row["input_tokens"] // CACHE_BLOCK_TOKENS)
        hit = row["cached_tokens"] // CACHE_BLOCK_TOKENS
        assert row["cached_tokens"] % CACHE_BLOCK_TOKENS == 0
        assert row["kv_hit_rate"] == hit / len(hashes)
        assert seen.issuperset(hashes[:hit])
        if chain in last:
            previous = last[chain]
            breaks += hashes[: len(previous) - 1] != previous[:-1]
        seen.update(hashes)
        last[chain] = hashes
    assert breaks == 1
    assert max(seen) > 2**63


def test_the_main_agent_moves_once_to_another_worker(requests: Events) -> None:
    main = [event["request"] for event in requests if "parent_session_id" not in event["agent_context"]]
    workers = [row["worker"]["decode_worker_id"] for row in main]
    moves = [place for place in range(1, len(workers)) if workers[place] != workers[place - 1]]
    assert len(moves) == 1
    assert main[moves[0]]["cached_tokens"] == 0


def test_tools_have_their_times_and_link_to_the_answers(story: Story, rows: Events, requests: Events) -> None:
    events = [row["event"] for row in rows]
    kinds = Counter(event["event_type"] for event in events)
    tools = {tool.call_id: tool for request in story.requests for tool in request.tools}
    assert kinds["tool_start"] == kinds["tool_end"] + kinds["tool_error"] == len(tools)
    assert kinds["tool_error"] == 2
    for event in events:
        if event["event_type"] in {"tool_end", "tool_error"}:
            tool = tools[event["tool"]["tool_call_id"]]
            assert event["tool"]["started_at_unix_ms"] * MILLISECOND == EPOCH_NS + tool.start_ns
            assert event["tool"]["ended_at_unix_ms"] * MILLISECOND == EPOCH_NS + tool.end_ns
    calls = [
        call["id"]
        for event in requests
        for call in event["request"]["finish_reason_metadata"].get("tool_calls", [])
    ]
    assert sorted(calls) == sorted(tools)
