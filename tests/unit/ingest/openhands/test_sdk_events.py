"""Events of OpenHands' newer SDK: kinds by the names of classes, calls that run beside each other."""

from __future__ import annotations

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


def test_an_error_of_the_agent_ends_the_call_that_it_names() -> None:
    (failed,) = [
        span for span in READING.of("tool") if span["start_ns"] == READING.spans["response:q2"]["end_ns"]
    ]

    assert (failed["status"], failed["end_ns"] - failed["start_ns"]) == ("error", 500_000_000)


def test_a_condensation_is_a_compaction_before_the_next_request() -> None:
    (compaction,) = READING.of("compaction")

    assert READING.linked("condensation") == {(compaction["span_key"], "response:q4")}
