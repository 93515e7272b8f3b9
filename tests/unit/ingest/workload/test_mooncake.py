"""What Mooncake rows become, in the dialects of their writers."""

from pathlib import Path
from typing import Any

import pytest

from agenttrace.ingest.reading import read as read_files
from unit.ingest.workload.rows import MS, S, assembled, column, findings, prompts, read, spans

BIGGEST = 2**64 - 1


def _row(**values: Any) -> dict[str, Any]:
    return {"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [1, 2]} | values


def test_a_row_is_a_session_with_one_request() -> None:
    trace = read(
        _row(timestamp=27, request_id="m1", priority=-3, hash_ids=[1, BIGGEST]), format_id="mooncake"
    )

    (request,) = spans(trace)
    (session,) = trace.sessions.to_pylist()
    assert request == {
        "session_key": session["session_key"],
        "span_key": "0:m1",
        "line": 1,
        "kind": "request",
        "purpose": "turn",
        "start_ns": 27 * MS,
        "start_evidence": "measured",
        "end_evidence": "unknown",
        "input_tokens": 600,
        "output_tokens": 5,
        "output_quality": "final",
        "priority": -3,
    }
    assert (session["source_id"], session["timed"]) == ("m1", False)
    (prefix,) = trace.prefixes.to_pylist()
    assert (prefix["block_size"], prefix["blocks"], prefix["scope"]) == (512, [1, BIGGEST], "source")


def test_other_names_of_the_same_values_are_understood() -> None:
    row = {"created_time": 1.5, "input_tokens": 8, "output_tokens": 2, "hash_ids": [4]}

    (request,) = spans(read(row, format_id="mooncake"))

    assert (request["start_ns"], request["input_tokens"], request["output_tokens"]) == (1_500_000, 8, 2)


def test_equal_rows_are_different_requests_and_a_copy_of_the_file_is_none(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    once = assembled(tmp_path / "one", _row(), _row(), _row(timestamp=9))
    assembled(tmp_path / "two", _row(), _row(), _row(timestamp=9))
    assert once.sessions.num_rows == 3
    assert read_files(tmp_path).sessions.num_rows == 3


def test_sessions_of_one_name_in_different_files_stay_apart(tmp_path: Path) -> None:
    for name, tokens in (("one", 600), ("two", 601)):
        (tmp_path / name).mkdir()
        assembled(tmp_path / name, _row(session_id="s", input_length=tokens), _row(session_id="s", delay=1))

    assert [row["source_id"] for row in read_files(tmp_path).sessions.to_pylist()] == ["s", "s"]


def test_turns_of_whole_prompts_keep_their_blocks() -> None:
    trace = read(
        _row(session_id="s", hash_ids=[1, 2]),
        _row(session_id="s", hash_ids=[1, 3, 4], input_length=1100, timestamp=50),
        format_id="mooncake",
    )

    assert prompts(trace) == [[1, 2], [1, 3, 4]]
    assert column(trace, "input_tokens") == [600, 1100]
    assert column(trace, "start_ns") == [0, 50 * MS]
    assert "prompts_added_up" not in findings(trace)


def test_turns_of_what_is_added_become_whole_prompts() -> None:
    trace = read(
        _row(session_id="s", input_length=1024, hash_ids=[1, 2], output_length=512),
        _row(session_id="s", input_length=600, hash_ids=[3, 4], timestamp=None, delay=20.5, output_length=7),
        _row(session_id="s", input_length=100, hash_ids=[5], timestamp=None, delay=1),
        format_id="mooncake",
    )

    first, second, third = prompts(trace)
    assert column(trace, "input_tokens") == [1024, 2136, 2243]
    assert first == [1, 2]
    assert second[:2] == [1, 2]
    assert set(second[2:]).isdisjoint([1, 2, 3, 4, 5])
    assert (len(second), third[:4]) == (5, second[:4])
    assert third[4] not in second
    assert column(trace, "start_ns") == [0, 20_500_000, 21_500_000]
    assert column(trace, "start_evidence") == ["measured", "bounded", "bounded"]
    waits = [(row["kind"], row["rule"], row["delay_ns"]) for row in trace.links.to_pylist()]
    assert waits == [("continues", "delay", 20_500_000), ("continues", "delay", 1_000_000)]
    assert trace.dialects == ("mooncake-delta",)


@pytest.mark.parametrize(
    ("mode", "tokens"),
    [
        ("deltas_without_responses", [600, 1205]),
        ("deltas_with_responses", [600, 1200]),
        ("message_array_with_responses", [600, 600]),
    ],
)
def test_a_stated_context_mode_decides(mode: str, tokens: list[int]) -> None:
    rows = [_row(session_id="s", context_mode=mode, hash_ids=hashes) for hashes in ([1, 2], [3, 4])]

    assert column(read(*rows, format_id="mooncake"), "input_tokens") == tokens


def test_without_a_length_in_between_the_rest_of_the_prompts_is_unknown() -> None:
    trace = read(
        _row(session_id="s"),
        _row(session_id="s", hash_ids=[3, 4], output_length="many"),
        _row(session_id="s", hash_ids=[5, 6]),
        format_id="mooncake",
    )

    assert column(trace, "input_tokens") == [600, 1205, None]
    assert len(prompts(trace)) == 2
    assert findings(trace)["field_unusable"] == 1


def test_chats_are_chains_in_seconds() -> None:
    def chat(chat_id: int, parent: int, **values: Any) -> dict[str, Any]:
        return _row(chat_id=chat_id, parent_chat_id=parent, input_length=40, hash_ids=[1, 2, 3]) | values

    trace = read(
        chat(1, -1, timestamp=61.25), chat(2, -1, timestamp=62, hash_ids=[4, 5, 6]), chat(3, 1, timestamp=70),
        format_id="mooncake",
    )  # fmt: skip

    keys = column(trace, "session_key")
    assert keys[0] == keys[2] != keys[1]
    assert column(trace, "start_ns") == [61_250 * MS, 62 * S, 70 * S]
    assert trace.prefixes["block_size"].to_pylist() == [16, 16, 16]
    assert trace.dialects == ("bailian",)


def test_a_hash_that_is_none_costs_the_prompt_and_nothing_else() -> None:
    trace = read(_row(hash_ids=[1, -2]), _row(timestamp="late", hash_ids=[2.5]), format_id="mooncake")

    assert prompts(trace) == []
    assert column(trace, "input_tokens") == [600, 600]
    assert findings(trace)["field_unusable"] == 3


def test_lines_that_ask_for_nothing_are_left_out() -> None:
    trace = read(_row(), {"timestamp": 3}, format_id="mooncake")

    assert len(spans(trace)) == 1
    assert findings(trace)["record_unusable"] == 1


def test_an_answer_of_a_damaged_length_costs_the_blocks_that_follow() -> None:
    rows = [
        {"session_id": "s", "input_length": 600, "output_length": made, "hash_ids": [n, n + 100], "delay": 0}
        for n, made in enumerate((5, 2**53, 5))
    ]
    trace = read(*rows, format_id="mooncake")

    assert column(trace, "input_tokens") == [600, 1205, 1805 + 2**53]
    assert [len(prefix["blocks"]) for prefix in trace.prefixes.to_pylist()] == [2, 3]
    assert findings(trace)["prompt_too_long"] == 1
