"""ATOF: scopes become spans, whatever the order and the units of their events."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from unit.ingest.atof.streams import T0, T0_S, event, mark, read_events, scope
from unit.ingest.readings import SECOND, Row, lines, read_content, with_wrong_values

SAMPLE = Path(__file__).resolve().parents[4] / "sample_traces" / "atof" / "session.jsonl"
CHUNK = {"event_type": "chat.completion.chunk"}
OPENAI = {
    "usage": {"prompt_tokens": 50, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}}
}
ANTHROPIC = {
    "usage": {
        "input_tokens": 2,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 8,
        "output_tokens": 7,
    }
}
GEMINI = {"usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 7, "cachedContentTokenCount": 40}}


@pytest.mark.parametrize(
    ("category", "kind", "own_phase"),
    [
        ("agent", "agent", None),
        ("llm", "request", None),
        ("tool", "tool", None),
        ("retriever", "tool", None),
        ("context", "compaction", None),
        ("function", "other", "harness"),
        ("guardrail", "other", "harness"),
        ("unknown", "other", None),
        ("of next year", "other", None),
    ],
)
def test_a_category_says_what_a_scope_is(category: str, kind: str, own_phase: str | None) -> None:
    span = read_events(scope(1, 3, "a", category, None)).spans["scope:a"]

    assert (span["kind"], span["own_phase"]) == (kind, own_phase)
    assert (span["start_ns"], span["end_ns"]) == (T0 + SECOND, T0 + 3 * SECOND)
    assert (span["start_evidence"], span["end_evidence"]) == ("measured", "measured")


def test_a_turn_of_a_harness_is_an_interaction() -> None:
    turn = scope(1, 3, "a", "custom", None, metadata={"nemo_relay_scope_role": "turn"})

    assert read_events(turn).spans["scope:a"]["kind"] == "interaction"


def test_a_function_that_a_tool_calls_is_the_tools_own_time() -> None:
    reading = read_events(
        scope(0, 9, "tool", "tool", None),
        scope(1, 8, "f", "function", "tool"),
        scope(2, 7, "g", "function", "f"),
    )

    assert [reading.spans[f"scope:{name}"]["own_phase"] for name in "fg"] == ["tool", "tool"]


def test_a_tool_that_calls_a_model_runs_an_agent() -> None:
    reading = read_events(
        scope(0, 9, "main", "agent", None),
        scope(1, 8, "tool", "tool", "main"),
        scope(2, 7, "f", "function", "tool"),
        scope(3, 6, "g", "function", "f"),
        scope(4, 5, "llm", "llm", "g"),
        scope(1, 8, "other", "tool", "main"),
        scope(2, 7, "sub", "agent", "other"),
        scope(3, 6, "own", "llm", "sub"),
    )
    lanes = {key.removeprefix("scope:"): span["agent_key"] for key, span in reading.spans.items()}

    assert {name for name, lane in lanes.items() if lane == "atof:agent:tool"} == {"g", "llm"}
    assert list(reading.agents) == ["atof:agent:tool"]
    assert reading.agents["atof:agent:tool"]["spawn_key"] == "scope:tool"
    assert [reading.spans[f"scope:{name}"]["own_phase"] for name in "fg"] == ["tool", "harness"]


def test_parents_in_a_circle_are_survived() -> None:
    reading = read_events(
        scope(0, 1, "a", "tool", "b"), scope(0, 1, "b", "function", "a"), scope(0, 1, "c", "llm", "a")
    )

    assert len(reading.spans) == 3


@pytest.mark.parametrize(
    ("timestamp", "guessed"),
    [
        ((T0_S + 1) * 10**6, False),
        (str((T0_S + 1) * 10**6), False),
        ((T0_S + 1) * 10**3, True),
        (T0_S + 1, True),
        ((T0_S + 1) * 10**9, True),
        ("2026-11-18T11:06:41Z", False),
        ("2026-11-18T13:06:41.000000+02:00", False),
    ],
)
def test_timestamps_are_read_in_any_unit(timestamp: Any, guessed: bool) -> None:  # noqa: FBT001
    reading = read_events(event("start", timestamp, "a"), event("end", 2, "a"))

    assert reading.spans["scope:a"]["start_ns"] == T0 + SECOND
    assert ("unit_guessed" in reading.findings) == guessed


def test_one_end_is_missing() -> None:
    reading = read_events(event("start", 1, "a", "tool"), event("end", 2, "b", "llm"))

    assert reading.bounds("scope:a", T0) == (1, None)
    assert reading.spans["scope:a"]["status"] == "unfinished"
    assert reading.bounds("scope:b", T0) == (None, 2)


@pytest.mark.parametrize("answer", [OPENAI, ANTHROPIC, GEMINI, {"response": OPENAI}])
def test_tokens_are_read_in_the_words_of_providers(answer: Row) -> None:
    span = read_events(scope(0, 1, "a", "llm", None, end_data=answer)).spans["scope:a"]

    assert (span["input_tokens"], span["cache_read_tokens"], span["output_tokens"]) == (50, 40, 7)
    assert span["cache_write_tokens"] == (8 if answer is ANTHROPIC else None)


def test_chunks_tell_the_first_token_but_not_those_that_open_a_stream() -> None:
    reading = read_events(
        mark(1, "a", "llm.chunk", {"event_type": "message_start"}),
        scope(0, 4, "a", "llm", None),
        mark(3.5, "a", "llm.chunk", CHUNK),
        mark(2, "a", "llm.chunk", CHUNK),
    )
    span = reading.spans["scope:a"]

    assert (span["first_token_ns"], span["first_token_evidence"]) == (T0 + 2 * SECOND, "measured")
    assert (span["decode_ns"], span["decode_evidence"]) == (1_500_000_000, "derived")
    assert span["prefill_ns"] is None


def test_failures_are_told_in_the_words_of_opentelemetry() -> None:
    failed = {"otel.status_code": "ERROR", "error.type": "Timeout"}
    underscored = {"otel_status_code": "ERROR", "error_type": "Timeout"}
    for metadata in (failed, underscored):
        span = read_events(scope(0, 1, "a", "tool", None, end_metadata=metadata)).spans["scope:a"]
        assert (span["status"], span["error"]) == ("error", "Timeout")


def test_calls_are_linked_by_their_ids() -> None:
    answer = {"tool_calls": [{"id": "c1"}, {"id": "c2"}, {"id": "elsewhere"}]}
    reading = read_events(
        scope(0, 4, "llm", "llm", "p", end_data=answer),
        scope(5, 6, "t1", "tool", "p", category_profile={"tool_call_id": "c1"}),
        scope(3, 6, "t2", "tool", "p", category_profile={"tool_call_id": "c2"}),
        scope(5, 6, "other", "tool", "q", category_profile={"tool_call_id": "c1"}),
    )

    assert reading.linked("tool_call_id") == {("scope:llm", "scope:t1"), ("scope:llm", "scope:t2")}
    at = {link["to_key"]: link["at_ns"] for link in reading.links}
    assert at == {"scope:t1": None, "scope:t2": T0 + 3 * SECOND}
    assert reading.spans["scope:t1"]["call_id"] == "c1"


def test_compactions_are_marked_before_and_after() -> None:
    reading = read_events(
        scope(0, 20, "a", "agent", None),
        mark(5, "a", "compaction", {"hook_event_name": "PreCompact"}),
        mark(9, "a", "compaction", {"hook_event_name": "PostCompact"}),
        mark(15, "a", "compaction"),
    )
    compactions = reading.of("compaction")

    assert [(c["start_ns"] - T0, c["end_ns"] - T0) for c in compactions] == [
        (5 * SECOND, 9 * SECOND),
        (15 * SECOND, 15 * SECOND),
    ]
    assert [c["end_evidence"] for c in compactions] == ["measured", "bounded"]


def test_a_request_told_by_hook_and_gateway_is_one() -> None:
    hook = {"hook_event_name": "x", "provider_payload_exact": False}
    reading = read_events(
        scope(0, 9, "a", "agent", None),
        scope(1, 4, "h", "llm", "a", metadata=hook, end_data=OPENAI),
        scope(1.1, 3.9, "g", "llm", "a", metadata={"gateway_path": "/v1/chat"}),
        scope(5, 6, "h2", "llm", "a", metadata=hook),
    )

    assert {span["span_key"] for span in reading.of("request")} == {"scope:g", "scope:h2"}
    assert reading.spans["scope:g"]["input_tokens"] == 50
    assert reading.findings["request_seen_twice"]["count"] == 1


def test_scopes_in_any_files_are_one_session(tmp_path: Path) -> None:
    records = SAMPLE.read_bytes().splitlines(keepends=True)
    Random(3).shuffle(records)  # seeded, not secret
    for number in range(3):
        (tmp_path / f"{number}").write_bytes(b"".join(records[number::3]))
    apart, whole = analyze(read(tmp_path, input_format="atof")).sessions, analyze(read(SAMPLE)).sessions

    assert apart.height == 1
    for column in ("wall_ns", "requests", "tool_calls", "subagents", "path_tool_ns", "input_tokens"):
        assert apart[column].to_list() == whole[column].to_list(), column


def test_the_sample_is_what_it_was_made_to_be() -> None:
    (session,) = analyze(read(SAMPLE)).sessions.to_dicts()

    assert session["session"] == "session-0001"
    assert (session["wall_ns"], session["requests"], session["subagents"]) == (60 * SECOND, 6, 1)
    assert (session["tool_calls"], session["compactions"], session["errors"]) == (5, 1, 1)
    assert session["input_tokens"] == 12000 + 14000 + 5000 + 5200 + 4000 + 4350
    assert session["path_user_ns"] == 15 * SECOND


def test_only_events_are_claimed() -> None:
    atof = format_by_id("atof")
    known = event("start", 0, "a")

    assert atof.sniff(Source("x", lines([known])).head)
    assert atof.sniff(Source("x", json.dumps([known, known], indent=1).encode()).head)
    for name in ("kind", "atof_version", "uuid"):
        assert not atof.sniff(Source("x", lines([known | {name: None}])).head)


def test_a_list_of_events_is_read_too() -> None:
    events = [*scope(0, 1, "a", "tool", None), mark(0.5, "a", "note")]
    reading = read_content("atof", json.dumps(events, indent=1).encode())

    assert (list(reading.spans), reading.records) == (["scope:a"], 3)


def test_damaged_fields_cost_only_their_scope() -> None:
    records = [json.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    whole = read_events(records)
    at = next(number for number, record in enumerate(records) if record["uuid"] == "tool-a")
    for number, damaged in enumerate(with_wrong_values(records[at], 5, 300)):
        reading = read_events([*records[:at], damaged, *records[at + 1 :]])

        unlike = {key for key in whole.spans if reading.spans.get(key) != whole.spans[key]}
        assert unlike <= {"scope:tool-a"}, (number, damaged)


def test_no_content_leaves_the_reader() -> None:
    secret = {
        "messages": [{"content": "SECRET"}],
        "content": "SECRET",
        "tool_calls": [{"id": "c", "arguments": "SECRET"}],
    }
    reading = read_events(scope(0, 1, "a", "llm", None, data=secret, end_data=secret | OPENAI))

    assert "SECRET" not in str(reading)


def test_a_chunk_whose_type_is_no_text_is_survived() -> None:
    chunk = mark(0.5, "a", "llm.chunk", {"event_type": {"a": []}})

    assert list(read_events([*scope(0, 1, "a", "llm", None), chunk]).spans) == ["scope:a"]


def test_a_mark_that_is_repeated_counts_once() -> None:
    note = mark(2, "a", "compaction", {"hook_event_name": "PostCompact"})
    once, twice = (read_events([*scope(0, 3, "a", "llm", None), *notes]) for notes in ([note], [note, note]))

    assert twice.spans == once.spans
    assert twice.findings["record_repeated"]["count"] == 1
