"""What a session of lengths becomes."""

from typing import Any

from unit.ingest.workload.rows import MS, column, findings, read, spans


def _session(**values: Any) -> dict[str, Any]:
    row = {"num_turns": 2, "input_prompt_length": 16, "assistant_response_length": [4, 5]}
    tools = {"tool_call_output_length": [8, 7], "tool_call_latency": [0.01, 0.02]}
    return row | tools | {"final_assistant_response_length": 3} | values


def test_prompts_grow_by_answers_and_tool_results() -> None:
    trace = read(_session(), format_id="applied-compute")

    assert column(trace, "input_tokens") == [16, 28, 40]
    assert column(trace, "output_tokens") == [4, 5, 3]
    assert column(trace, "start_ns") == [0, 10 * MS, 30 * MS]
    assert set(column(trace, "start_evidence")) == {"bounded"}
    assert column(trace, "tool_output_tokens", "tool") == [8, 7]
    assert [row["end_ns"] - row["start_ns"] for row in spans(trace, "tool")] == [10 * MS, 20 * MS]
    order = [(row["from_key"], row["to_key"]) for row in trace.links.to_pylist()]
    assert order == [
        ("request:000000", "tool:000000"),
        ("tool:000000", "request:000001"),
        ("request:000001", "tool:000001"),
        ("tool:000001", "request:000002"),
    ]


def test_equal_lines_are_different_sessions() -> None:
    trace = read(_session(), _session(), _session(input_prompt_length=17), format_id="applied-compute")

    assert trace.sessions.num_rows == 3
    assert len(set(column(trace, "session_key"))) == 3


def test_what_is_no_length_is_unknown_from_there_on() -> None:
    trace = read(
        _session(assistant_response_length=[4, "x"], tool_call_latency=[0.01], num_turns=3),
        {"num_turns": 1, "input_prompt_length": 3, "assistant_response_length": 7},
        format_id="applied-compute",
    )

    assert column(trace, "input_tokens") == [16, 28, None]
    assert findings(trace) == {"field_unusable": 3, "record_unusable": 1}
