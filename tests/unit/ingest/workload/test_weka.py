"""What Weka traces become: times that are stated, and times of subagents that are read as they can be meant."""

import json
import math
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read as read_files
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from contract.trace_files import SAMPLES, SHARED
from unit.ingest.workload.rows import S, column, findings, raw, read, spans


def _request(t: Any, api_time: Any = 1.0, **values: Any) -> dict[str, Any]:
    row = {"t": t, "type": "n", "model": "m", "in": 130, "out": 4, "hash_ids": [1, 2], "stop": "tool_use"}
    times = {} if api_time is None else {"api_time": api_time}
    return row | times | {"input_types": ["tool_result"]} | values


def _subagent(t: float, *requests: Any, **values: Any) -> dict[str, Any]:
    row = {"t": t, "type": "subagent", "agent_id": "a1", "subagent_type": "Explore", "status": "completed"}
    return row | {"requests": list(requests)} | values


def _trace(*requests: Any, **values: Any) -> dict[str, Any]:
    return {"id": "x", "block_size": 64, "hash_id_scope": "local", "requests": list(requests)} | values


def _agent(trace: dict[str, Any]) -> tuple[int, int, int]:
    """Start and end of the subagent, and the start of its first request."""
    found = read(trace, format_id="weka")
    (agent,) = spans(found, "agent")
    inner = [row["start_ns"] for row in spans(found) if row["agent_key"] != "main"]
    return agent["start_ns"], agent["end_ns"], inner[0]


def test_requests_have_the_times_that_are_stated() -> None:
    trace = read(
        _trace(
            _request(0, 2.5, input_types=["text"]),
            _request(5, 1, stop="end_turn"),
            _request(9, 3, type="s", ttft=0.75, stop="end_turn", input_types=["text"]),
        ),
        format_id="weka",
    )

    first, second, third = spans(trace)
    assert (first["start_ns"], first["end_ns"], first["start_evidence"], first["end_evidence"]) == (
        0, 2_500_000_000, "measured", "derived",
    )  # fmt: skip
    assert (first["trigger"], second["trigger"], third["trigger"]) == (
        "user_message", "tool_result", "user_message",
    )  # fmt: skip
    assert (third["first_token_ns"], third["decode_ns"]) == (9_750_000_000, 2_250_000_000)
    (tool,) = spans(trace, "tool")
    assert (tool["start_ns"], tool["end_ns"], tool["end_evidence"]) == (2_500_000_000, 5 * S, "bounded")
    assert trace.prefixes["scope"].to_pylist() == ["session"] * 3


def test_a_marker_is_a_start_where_its_times_allow_it() -> None:
    trace = _trace(_request(0), _subagent(1.5, _request(0, 2), duration_ms=3000), _request(5))

    assert _agent(trace) == (1_500_000_000, 4_500_000_000, 1_500_000_000)


def test_a_marker_is_an_end_where_only_that_fits_between_its_parents_requests() -> None:
    trace = _trace(_request(0), _subagent(11, _request(0, 2), duration_ms=9500), _request(12))

    assert _agent(trace) == (1_500_000_000, 11 * S, 1_500_000_000)
    assert "subagent_times_are_ends" in findings(read(trace, format_id="weka"))


def test_times_inside_count_from_the_subagent_or_from_the_trace() -> None:
    absolute = _trace(_request(0), _subagent(4, _request(4.25, 2), duration_ms=3000), _request(9))
    relative = _trace(_request(0), _subagent(4, _request(0.25, 2), duration_ms=3000), _request(9))

    assert _agent(absolute)[2] == _agent(relative)[2] == 4_250_000_000


def test_subagents_hang_on_the_tools_that_ran_meanwhile() -> None:
    launched = _subagent(1, _request(0, 20), status="async_launched")
    trace = read(
        _trace(_request(0), _subagent(1.5, _request(0), duration_ms=2000), launched, _request(5)),
        format_id="weka",
    )

    (tool,) = [row for row in spans(trace, "tool") if row["agent_key"] == "main"]
    main, waited, background = trace.agents.to_pylist()
    assert main["main"] is True
    assert (waited["spawn_key"], waited["background"], waited["type"]) == (tool["span_key"], False, "Explore")
    assert (background["spawn_key"], background["background"]) == (tool["span_key"], True)


def test_without_lengths_it_is_a_workload_with_pauses() -> None:
    trace = read(_trace(_request(0, None), _request(7, None, think_time=2.5)), format_id="weka")

    assert trace.sessions["timed"].to_pylist() == [False]
    assert column(trace, "start_ns") == [0, 7 * S]
    assert spans(trace, "tool") == []
    (link,) = trace.links.to_pylist()
    assert (link["kind"], link["delay_ns"]) == ("continues", 2_500_000_000)


def test_a_document_over_many_lines_is_recognised() -> None:
    text = json.dumps(_trace(_request(0), _request(3)), indent=1).encode()

    assert recognise(Source("x", text)).id == "weka"
    assert len(spans(raw(text, "weka"))) == 2


def test_damage_costs_what_it_hits() -> None:
    trace = read(
        _trace(
            _request(0, "long", hash_ids=[1, "x"]),
            _request("soon"),
            7,
            _request(3, 2, ttft=5, type="s"),
            _subagent(4, _request(0), duration_ms=-1),
        ),
        _trace(id="empty"),
        {"requests": {}},
        format_id="weka",
    )

    assert column(trace, "start_ns") == [0, 3 * S, 4 * S]
    assert findings(trace)["record_unusable"] == 4
    assert findings(trace)["field_unusable"] == 4


def test_endless_nesting_is_survived() -> None:
    inner: Any = _request(0)
    for _ in range(300):
        inner = _subagent(0, inner)

    assert findings(read(_trace(_request(0), inner), format_id="weka"))["nested_too_deep"] == 1


@pytest.mark.parametrize("depth", [100, 300, 900])
def test_a_trace_without_a_name_gets_one_however_deep_it_is(depth: int) -> None:
    inner: Any = []
    for _ in range(depth):
        inner = [inner]
    _is_named(_request(0, extra=inner))


def test_a_trace_without_a_name_gets_one_however_large_its_numbers_are() -> None:
    """Numbers of any size are read where the line is not JSON strictly."""
    _is_named(_request(0, extra=10**30, odd=math.nan))


def _is_named(request: dict[str, Any]) -> None:
    unnamed = _trace(request)
    del unnamed["id"]

    trace = read(unnamed, unnamed, format_id="weka")

    assert len(set(column(trace, "session_key"))) == 1


def test_the_sample_is_as_it_was_drawn() -> None:
    analysis = analyze(read_files(SAMPLES / "weka" / "two-branches.json"))

    (session,) = analysis.sessions.to_dicts()
    # requests 0-2.5, 14-17 and 47-48; the branches 2.6-9.5 and 2.65-12.25 in the tools between the first two
    assert session["wall_ns"] == 48 * S
    assert session["path_user_ns"] == 30 * S
    assert session["requests"] == 6
    assert session["subagents"] == 2
    assert session["path_model_ns"] == (2_500 + 9_000 + 3_000 + 250) * 1_000_000
    assert session["path_decode_ns"] == 750_000_000


@pytest.mark.skipif(not SHARED.is_dir(), reason="third-party traces are not here")
def test_in_the_published_traces_every_subagent_runs_while_its_parent_waits() -> None:
    for path in sorted((SHARED / "replay" / "weka_traces").glob("*.json")):
        trace = read_files(path)
        rows = trace.spans.to_pylist()
        agents = [row for row in trace.agents.to_pylist() if row["parent_agent"] is not None]
        assert agents
        for agent in agents:
            own, call = rows[agent["span"]], rows[agent["spawning_span"]]
            assert call["start_ns"] <= own["start_ns"] < call["start_ns"] + S
            assert own["end_ns"] <= call["end_ns"]
            inner = [row for row in rows if row["agent"] == agent["agent"] and row["kind"] == "request"]
            assert max(row["end_ns"] for row in inner) <= own["end_ns"]
