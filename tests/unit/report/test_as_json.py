"""The documents of `--format json` and `jsonl`."""

import json
from typing import Any

import pytest

from agenttrace.critical_path.analysis import Analysis
from agenttrace.model.vocabulary import Phase
from agenttrace.report.as_json import to_json, to_json_lines
from unit.report.analyses import S, analysis_of, long_session, many_sessions, session_row, turn_row


def _document(analysis: Analysis, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(b"".join(to_json(analysis, **options)))
    return document


def test_the_document_has_the_keys_of_the_contract() -> None:
    document = _document(long_session())
    assert list(document) == ["schema_version", "command", "sources", "findings", "summary", "sessions"]
    assert document["schema_version"] == 1
    assert document["command"] == "analyze"
    assert document["sources"] == [
        {
            "path": "traces/run.jsonl",
            "format": "spans-jsonl",
            "dialect": None,
            "sessions": 1,
            "records": 1245,
            "bytes": 3_200_000,
        }
    ]
    assert set(document["sessions"][0]) >= {
        *("session_id", "format", "source", "start_ns", "end_ns", "wall_ns", "active_ns", "detached_ns"),
        *("critical_path_ns", "critical_path_by_purpose_ns", "busy_ns", "evidence_ns", "inferred_path_ns"),
        *("counts", "tokens", "context_tokens", "serving", "cache", "turns", "joins", "top"),
    }


@pytest.mark.parametrize("analysis", [long_session(), many_sessions()], ids=["one", "many"])
def test_the_partitions_sum_to_the_wall_time(analysis: Analysis) -> None:
    for session in _document(analysis)["sessions"]:
        for partition in ("critical_path_ns", "critical_path_by_purpose_ns", "evidence_ns"):
            assert sum(session[partition].values()) == session["wall_ns"], partition


def test_percentiles_come_with_their_n_and_say_whether_it_is_enough() -> None:
    wall = _document(many_sessions())["summary"]["wall_ns"]
    assert list(wall) == ["p50", "p90", "p95", "p99", "max", "n", "enough"]
    assert wall["n"] == 24
    assert wall["enough"] == {"p95": False, "p99": False}


def test_unknown_is_null_never_zero() -> None:
    (session,) = _document(analysis_of([session_row("s", {Phase.TOOL: S}, input_tokens=None)]))["sessions"]
    assert session["tokens"]["input"] is None
    assert session["cache"]["hit_rate"] is None
    assert session["serving"]["itl_ns"] == {"p50": None, "p95": None, "p99": None, "n": 0}


def test_findings_of_one_code_are_one_row_the_gravest_first() -> None:
    findings = _document(long_session())["findings"]
    assert [(row["severity"], row["code"], row["count"]) for row in findings] == [
        ("error", "negative-duration", 1),
        ("warning", "torn-line", 5),
        ("info", "output-tokens-estimated", 120),
    ]
    assert findings[1] | {"file": "traces/old.jsonl", "line": 17, "files": 2} == findings[1]


def test_a_capped_list_keeps_what_weighs_most_and_says_how_much_there_is() -> None:
    (session,) = _document(long_session(), top=2)["sessions"]
    assert [join["turn"] for join in session["joins"]] == [12, 30]
    assert session["joins_total"] == 3
    assert session["tools"][0]["name"] == "Bash"
    assert session["tools_total"] == 3
    assert [entry["critical_ns"] for entry in session["top"]] == [95 * S, 90 * S]
    assert session["turns_total"] == 58


def test_turns_are_told_in_time_with_the_phases_that_occur() -> None:
    turns = [turn_row("s", turn, 40 - turn, 1_000) for turn in (1, 2, 3)]
    (session,) = _document(analysis_of([session_row("s", {Phase.TOOL: S})], turns=turns))["sessions"]
    assert [turn["turn"] for turn in session["turns"]] == [3, 2, 1]
    assert session["turns"][0]["phases_ns"] == {"decode": 20 * S, "tool": 10 * S}
    assert set(session["turns"][0]) >= {
        "turn",
        "agent",
        "start_ns",
        "wall_ns",
        "input",
        "cache_read",
        "output",
    }


def test_lists_that_are_empty_are_there() -> None:
    (session,) = _document(analysis_of([session_row("s", {Phase.TOOL: S})]))["sessions"]
    for name in ("turns", "joins", "top", "tools", "compactions"):
        assert (session[name], session[f"{name}_total"]) == ([], 0)
    assert (session["cache"]["misses"], session["cache"]["misses_total"]) == ([], 0)


def test_lines_are_the_sessions_and_then_the_summary() -> None:
    lines = [json.loads(line) for line in to_json_lines(many_sessions(3))]
    document = _document(many_sessions(3))
    assert lines[:-1] == document["sessions"]
    assert lines[-1]["summary"] == document["summary"]
    assert all(line.count(b"\n") == 1 for line in to_json_lines(many_sessions(3)))


def test_labels_go_with_every_session() -> None:
    sessions = _document(many_sessions(2), labels={"build": "a"})["sessions"]
    assert [session["labels"] for session in sessions] == [{"build": "a"}] * 2


def test_the_order_of_rows_leaves_no_trace() -> None:
    analysis = long_session()
    turned = Analysis(**{name: getattr(analysis, name).reverse() for name in analysis.__dataclass_fields__})
    assert list(to_json(turned)) == list(to_json(analysis))
    assert list(to_json(turned, top=1)) == list(to_json(analysis, top=1))


def test_what_if_is_told_in_the_order_of_the_questions_and_null_where_unknown() -> None:
    document = _document(long_session())
    (session,) = document["sessions"]
    assert [(row["wall_ns"], row["saved_ns"]) for row in session["what_if"]] == [
        (1_814 * S, 168 * S),
        (None, None),
        (1_982 * S, 0),
    ]
    told = document["summary"]["what_if"]
    assert [row["saved_ns"] for row in told] == [
        {"p50": 168 * S, "p95": 168 * S, "mean": 168 * S},
        None,
        {"p50": 0, "p95": 0, "mean": 0},
    ]
    assert [row["selected"] for row in told] == [7, 0, 0]


def test_recommendations_say_what_a_change_saves_and_where_it_stops_helping() -> None:
    document = _document(long_session())
    decode, tool = document["summary"]["recommendations"]
    assert (decode["change"], decode["saved_ns"], decode["share"]) == ("decode*0.5", 520 * S, 0.262361)
    assert (decode["without_ns"], decode["stops_helping_at"], decode["sessions"]) == (1_040 * S, None, 1)
    assert tool["stops_helping_at"] == 0.5
    assert document["sessions"][0]["recommendations"] == [decode, tool]


def test_a_session_that_was_not_looked_at_has_no_recommendations_rather_than_none_that_help() -> None:
    assert _document(many_sessions())["sessions"][0]["recommendations"] is None
