"""What rows with dependencies become, in both versions."""

from pathlib import Path
from typing import Any

from unit.ingest.workload.rows import MS, assembled, column, findings, prompts, read, spans

HEADER = {
    "schema": "dynamo.agentic_mooncake",
    "version": 2,
    "block_size": 64,
    "hash_id_scope": "local",
    "source": {"format": "made-up", "digest": "1"},
}


def _row(request_id: str, *dependencies: dict[str, Any], **values: Any) -> dict[str, Any]:
    row = {"request_id": request_id, "play_id": "p", "session_id": "main", "model": "m", "not_before_ms": 0}
    sizes = {"input_length": 64, "output_length": 5, "hash_ids": [1]}
    return row | sizes | {"dependencies": list(dependencies)} | values


def _on(request_id: str, relation: str, delay_ms: float = 0, trigger: str = "completion") -> dict[str, Any]:
    return {"request_id": request_id, "relation": relation, "delay_ms": delay_ms, "trigger": trigger}


def _first(request_id: str, *wait_for: str, **values: Any) -> dict[str, Any]:
    row = {"request_id": request_id, "input_length": 64, "output_length": 5, "hash_ids": [1]}
    return row | {"wait_for": list(wait_for)} | values


def test_dependencies_are_links_with_their_delays(tmp_path: Path) -> None:
    trace = assembled(
        tmp_path,
        HEADER,
        _row("root", not_before_ms=10),
        _row("child", _on("root", "spawn", 5, "dispatch"), session_id="child"),
        _row("join", _on("root", "sequence", 1.5), _on("child", "join", 2), _on("child", "replay_barrier")),
    )

    names = {row["span"]: row["source_id"].removeprefix("request:") for row in spans(trace)}
    told = [
        (names[row["from_span"]], row["from_mark"], names[row["to_span"]], row["kind"], row["delay_ns"])
        for row in trace.links.to_pylist()
    ]
    assert sorted(told, key=str) == sorted(
        [
            ("root", 0, "child", "spawns", 5 * MS),
            ("root", None, "join", "continues", 1_500_000),
            ("child", None, "join", "feeds", 0),
            ("child", None, "join", "joins", 2 * MS),
        ],
        key=str,
    )
    (mark,) = trace.marks.to_pylist()
    assert (names[mark["span"]], mark["kind"], mark["t_ns"]) == ("root", "dispatch", 10 * MS)
    assert column(trace, "start_ns") == [10 * MS, 15 * MS, 17 * MS]
    assert column(trace, "start_evidence") == ["measured", "bounded", "bounded"]
    assert trace.prefixes["scope"].to_pylist() == ["session"] * 3
    assert trace.prefixes["block_size"].to_pylist() == [64] * 3


def test_lanes_are_agents_and_those_that_nobody_waits_for_run_in_the_background(tmp_path: Path) -> None:
    trace = assembled(
        tmp_path,
        HEADER,
        _row("root"),
        _row("a", _on("root", "spawn"), session_id="joined"),
        _row("b", _on("a", "spawn"), session_id="left"),
        _row("end", _on("root", "sequence"), _on("a", "join")),
    )

    told = [(row["source_id"], row["parent_agent"], row["background"]) for row in trace.agents.to_pylist()]
    assert sorted(told) == [
        ("joined", 0, False),
        ("left", told.index(("joined", 0, False)), True),
        ("main", None, False),
    ]


def test_plays_are_sessions_and_those_of_other_corpora_are_others() -> None:
    rows = [_row("a", play_id="one"), _row("b", play_id="two"), _row("c", play_id="one")]
    other = HEADER | {"source": {"format": "made-up", "digest": "2"}}

    here, there = (read(header, *rows, format_id="agentic-mooncake") for header in (HEADER, other))

    keys = dict(zip(column(here, "span_key"), column(here, "session_key"), strict=True))
    assert keys["request:a"] == keys["request:c"] != keys["request:b"]
    assert set(keys.values()).isdisjoint(column(there, "session_key"))


def test_recorded_times_make_it_a_trace_with_times(tmp_path: Path) -> None:
    trace = assembled(
        tmp_path,
        HEADER,
        _row("a", recorded_api_time_ms=100),
        _row("b", _on("a", "sequence", 50), recorded_api_time_ms=20),
    )

    assert trace.sessions["timed"].to_pylist() == [True]
    assert column(trace, "start_ns") == [0, 150 * MS]
    assert column(trace, "end_ns") == [100 * MS, 170 * MS]
    assert column(trace, "end_evidence") == ["derived", "derived"]


def test_version_one_waits_for_all_then_for_its_pause() -> None:
    trace = read(
        _first("a", timestamp=100),
        _first("b", timestamp=130),
        _first("c", "a", "b", delay=20, tool_wait_ms=5),
        _first("d", timestamp=0),
        format_id="agentic-mooncake",
    )

    starts = dict(zip(column(trace, "span_key"), column(trace, "start_ns"), strict=True))
    assert starts == {
        "request:a": 100 * MS,
        "request:b": 130 * MS,
        "request:c": 155 * MS,
        "request:d": 0,
    }
    keys = dict(zip(column(trace, "span_key"), column(trace, "session_key"), strict=True))
    assert keys["request:a"] == keys["request:b"] == keys["request:c"] != keys["request:d"]
    joins = [row["delay_ns"] for row in trace.links.to_pylist() if row["kind"] == "joins"]
    assert joins == [25 * MS, 25 * MS]


def test_tool_events_are_tool_calls_within_the_pause() -> None:
    event = {"duration_ms": 300, "started_at_unix_ms": 1_700_000_000_100, "status": "succeeded"}
    late = {
        "duration_ms": 40.5,
        "started_at_unix_ms": 1_700_000_000_110,
        "status": "error",
        "output_tokens": 9,
    }
    events = [event | {"tool_call_id": "t1", "tool_class": "bash"}, late, {"tool_class": "no duration"}, 7]
    trace = read(
        _first("a", timestamp=0),
        _first("b", "a", delay=20, tool_wait_ms=300, tool_events=events),
        format_id="agentic-mooncake",
    )

    bash, other = spans(trace, "tool")
    assert (bash["name"], bash["call_id"], bash["status"]) == ("bash", "t1", "ok")
    assert (bash["start_ns"], bash["end_ns"]) == (0, 300 * MS)
    assert (other["start_ns"], other["end_ns"], other["status"]) == (10 * MS, 50_500_000, "error")
    assert other["tool_output_tokens"] == 9
    feeds = [
        (row["from_key"], row["delay_ns"]) for row in trace.links.to_pylist() if row["to_key"] == "request:b"
    ]
    assert ("tool:b:0", 20 * MS) in feeds
    assert findings(trace)["tool_unusable"] == 1


def test_what_is_waited_for_in_vain_is_told() -> None:
    trace = read(
        HEADER,
        _row("a", _on("b", "sequence")),
        _row("b", _on("a", "sequence"), _on("nobody", "join"), {"delay_ms": 1}, _on("a", "join", -1)),
        _row("b"),
        {"play_id": "p"},
        format_id="agentic-mooncake",
    )

    assert len(spans(trace)) == 2
    found = findings(trace)
    assert {code: found[code] for code in found if code != "block_size_assumed"} == {
        "dependency_cycle": 2,
        "unresolved_link": 1,
        "dependency_unusable": 2,
        "id_collision": 1,
        "record_unusable": 1,
    }
    assert prompts(trace) == [[1], [1]]
