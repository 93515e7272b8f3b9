"""Events of OpenHands' newer SDK: kinds by the names of classes, calls that run beside each other."""

from __future__ import annotations

import json
from pathlib import Path

from agenttrace.ingest.reading import read
from unit.ingest.raw_reading import SAMPLES, read_raw

READING = read_raw("openhands", SAMPLES / "openhands" / "sdk-events.jsonl")


def test_calls_of_one_answer_run_beside_each_other() -> None:
    first, second = sorted(READING.of("tool"), key=lambda span: span["start_ns"])[:2]

    assert first["end_ns"] > second["end_ns"] > second["start_ns"] > first["start_ns"]
    assert [first["status"], second["status"]] == ["error", "ok"]
    assert READING.linked("one action at a time") == set()


def test_metrics_that_name_their_response_give_start_and_tokens() -> None:
    assert READING.seconds("response:q1") == (0.5, 5)
    request = READING.spans["response:q2"]
    assert (request["input_tokens"], request["cache_read_tokens"], request["cache_write_tokens"]) == (
        5600,
        5000,
        600,
    )


def test_the_state_beside_the_events_has_the_metrics_of_all_requests(tmp_path: Path) -> None:
    events = tmp_path / "c-1" / "events"
    events.mkdir(parents=True)
    said = {"kind": "MessageEvent", "id": "e0", "timestamp": "2026-03-01T12:00:00", "source": "user"}
    call = {"kind": "ActionEvent", "id": "e1", "timestamp": "2026-03-01T12:00:05", "source": "agent"}
    call |= {"tool_name": "terminal", "tool_call_id": "t", "llm_response_id": "r"}
    for number, event in enumerate((said, call)):
        (events / f"event-{number:05d}-00000000-aaaa.json").write_text(json.dumps(event))
    usage = {"response_id": "r", "model": "m", "prompt_tokens": 100, "cache_read_tokens": 60}
    latency = {"response_id": "r", "model": "m", "latency": 3.5}
    metrics = {"token_usages": [usage | {"completion_tokens": 7}], "response_latencies": [latency]}
    state = {"id": "c-1", "stats": {"usage_to_metrics": {"agent": metrics}}}
    (tmp_path / "c-1" / "base_state.json").write_text(json.dumps(state))

    (request,) = (row for row in read(tmp_path).spans.to_pylist() if row["kind"] == "request")
    assert request["end_ns"] - request["start_ns"] == 3_500_000_000
    assert (request["model"], request["input_tokens"], request["cache_read_tokens"]) == ("m", 100, 60)


def test_an_error_of_the_agent_ends_the_call_that_it_names() -> None:
    (failed,) = [
        span for span in READING.of("tool") if span["start_ns"] == READING.spans["response:q2"]["end_ns"]
    ]

    assert (failed["status"], failed["end_ns"] - failed["start_ns"]) == ("error", 500_000_000)


def test_a_condensation_is_a_compaction_before_the_next_request() -> None:
    (compaction,) = READING.of("compaction")

    assert READING.linked("condensation") == {(compaction["span_key"], "response:q4")}
