"""A plain reading of the transcript finds the story again."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from agenttrace import samples
from agenttrace.samples.story import EPOCH_NS, MILLISECOND, Story
from agenttrace.samples.telling import tell

NAME = "claude-code-33min"
Records = list[dict[str, Any]]


def _parse(content: bytes) -> Records:
    return [json.loads(line) for line in content.splitlines()]


def _t_ns(record: dict[str, Any]) -> int:
    moment = datetime.fromisoformat(record["timestamp"])
    return round(moment.timestamp() * 1_000) * MILLISECOND - EPOCH_NS


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(NAME, 33)


@pytest.fixture(scope="module")
def records() -> Records:
    return _parse(samples.sample_bytes(NAME))


def _answers(records: Records) -> dict[str, Records]:
    answers: dict[str, Records] = {}
    for record in records:
        if record["type"] == "assistant":
            answers.setdefault(record["message"]["id"], []).append(record)
    return answers


def _blocks(records: Records, kind: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for record in records:
        content = record["message"]["content"] if record["type"] in {"assistant", "user"} else ""
        if not isinstance(content, str):
            yield from ((record, block) for block in content if block["type"] == kind)


def test_the_folder_and_the_file_hold_the_same_records(story: Story, records: Records) -> None:
    files = samples.project_files(NAME)
    parts = {name: _parse(content) for name, content in files.items() if name.endswith(".jsonl")}
    in_parts = sorted(json.dumps(record) for part in parts.values() for record in part)
    assert in_parts == sorted(json.dumps(record) for record in records)
    main = parts[f"{story.session_id}.jsonl"]
    assert not any(record.get("isSidechain") for record in main)
    assert len(parts) == 1 + 22 + 1


def test_each_subagents_file_says_which_tool_call_started_it(story: Story) -> None:
    files = samples.project_files(NAME)
    metas = {name: json.loads(text) for name, text in files.items() if name.endswith(".meta.json")}
    calls = {
        f"{story.session_id}/subagents/agent-{tool.child.agent_id}.meta.json": tool.call_id
        for request in story.requests
        for tool in request.tools
        if tool.child
    }
    assert {name: meta["toolUseId"] for name, meta in metas.items()} == calls


def test_every_request_is_there_once_with_its_tokens(records: Records) -> None:
    answers = _answers(records)
    usages = [lines[-1]["message"]["usage"] for lines in answers.values()]
    assert len(answers) == 283
    assert sum(not lines[0]["isSidechain"] for lines in answers.values()) == 57
    keys = {
        "cache_read": "cache_read_input_tokens",
        "cache_write": "cache_creation_input_tokens",
        "output": "output_tokens",
    }
    totals = {name: sum(usage[key] for usage in usages) for name, key in keys.items()}
    totals["input"] = totals["cache_read"] + totals["cache_write"]
    totals["input"] += sum(usage["input_tokens"] for usage in usages)
    assert totals == samples.truth(NAME)["tokens"]


def test_every_line_of_a_request_repeats_its_ids_and_usage(records: Records) -> None:
    for lines in _answers(records).values():
        heads = {(line["requestId"], line["agentId"] if line["isSidechain"] else "") for line in lines}
        usages = {json.dumps(line["message"]["usage"]) for line in lines}
        assert len(heads) == len(usages) == 1
        assert all(len(line["message"]["content"]) == 1 for line in lines)


def test_its_first_and_last_times_are_those_of_the_session(story: Story, records: Records) -> None:
    times = [_t_ns(record) for record in records if "timestamp" in record]
    assert (min(times), max(times)) == (0, story.end_ns)


def test_blocks_and_results_carry_the_times_of_the_story(story: Story, records: Records) -> None:
    emitted = {block["id"]: _t_ns(record) for record, block in _blocks(records, "tool_use")}
    answered = {block["tool_use_id"]: _t_ns(record) for record, block in _blocks(records, "tool_result")}
    tools = [tool for request in story.requests for tool in request.tools]
    assert emitted == {tool.call_id: tool.emitted_ns for tool in tools}
    assert answered == {tool.call_id: tool.end_ns for tool in tools}


def test_a_request_starts_just_after_the_last_record_before_it(story: Story, records: Records) -> None:
    """From a request's parent up to the first user record: the latest time is that of its cause."""
    by_uuid = {record["uuid"]: record for record in records if "uuid" in record}
    starts = {request.message_id: request.start_ns for request in story.requests}
    for message_id, lines in _answers(records).items():
        record = by_uuid[lines[0]["parentUuid"]]
        bound_ns = _t_ns(record)
        while record["type"] != "user":
            record = by_uuid[record["parentUuid"]]
            bound_ns = max(bound_ns, _t_ns(record))
        assert 0 <= starts[message_id] - bound_ns < 800 * MILLISECOND


def test_every_parent_is_a_record_of_the_session(records: Records) -> None:
    uuids = [record["uuid"] for record in records if "uuid" in record]
    assert len(uuids) == len(set(uuids))
    roots = [record for record in records if "uuid" in record and record["parentUuid"] is None]
    assert len(roots) == 1 + 22 + 1
    assert {record["parentUuid"] for record in records if record.get("parentUuid")} <= set(uuids)
    (boundary,) = [record for record in records if record.get("subtype") == "compact_boundary"]
    assert boundary["logicalParentUuid"] in uuids


def test_the_compaction_states_its_size_and_duration(story: Story, records: Records) -> None:
    (compaction,) = story.compactions
    (boundary,) = [record for record in records if record.get("subtype") == "compact_boundary"]
    assert boundary["compactMetadata"] == {
        "trigger": "auto",
        "preTokens": compaction.tokens_before,
        "postTokens": compaction.tokens_after,
        "durationMs": (compaction.end_ns - compaction.start_ns) // MILLISECOND,
    }
    assert [record["timestamp"] for record in records if record.get("isCompactSummary")] == [
        boundary["timestamp"]
    ]


def test_turns_leave_out_the_time_of_the_permission(story: Story, records: Records) -> None:
    durations = [record["durationMs"] for record in records if record.get("subtype") == "turn_duration"]
    told = [each.end_ns - each.prompt_ns - each.dialog_ns for each in story.interactions]
    assert durations == [duration_ns // MILLISECOND for duration_ns in told]
    assert sum(each.dialog_ns > 10_000 * MILLISECOND for each in story.interactions) == 1


def test_the_results_of_agents_name_them(story: Story, records: Records) -> None:
    results = [record.get("toolUseResult") for record in records]
    named = {each["agentId"]: each for each in results if isinstance(each, dict) and "agentId" in each}
    assert named.keys() == {agent.agent_id for agent in story.agents[1:]}
    assert sorted(each["status"] for each in named.values()) == ["async_launched"] + ["completed"] * 21


def test_the_background_agent_is_heard_of_in_the_queue(story: Story, records: Records) -> None:
    (news,) = story.notifications
    queue = [record for record in records if record["type"] == "queue-operation"]
    assert [(each["operation"], _t_ns(each)) for each in queue] == [
        ("enqueue", news.queued_ns),
        ("remove", news.delivered_ns),
    ]
    assert f"<task-id>{news.agent.agent_id}</task-id>" in queue[0]["content"]


def test_the_retry_states_its_back_off() -> None:
    story, records = tell("fan-out", 33), _parse(samples.sample_bytes("fan-out"))
    (request,) = [request for request in story.requests if request.failed]
    (error,) = [record for record in records if record.get("subtype") == "api_error"]
    assert request.failed
    assert _t_ns(error) + error["retryInMs"] * MILLISECOND == request.start_ns
