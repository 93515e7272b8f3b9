"""Lines of the interchange format: every key arrives, every fault costs what it touches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.formats.spans_jsonl import SPANS_JSONL
from agenttrace.ingest.head import Head
from agenttrace.ingest.reading import read as read_files
from agenttrace.model.interchange import INSTANTS, KEYS, LINK_KEYS, MARK_KEYS, Key
from agenttrace.model.rules import WHILE_RUNNING
from agenttrace.model.schema import SPAN_FACTS
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import findings, read, rows

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "schemas" / "spans-jsonl.schema.json").read_text())
AGENT = SAMPLES / "spans-jsonl" / "agent.jsonl"
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NS = 1_767_225_600_000_000_000
LINE = {"session": "s", "span": "1", "kind": "tool", "start": NS, "end": NS + 5}
VALUES_TO_TRY: tuple[Any, ...] = (
    *(None, True, [], {}, -1, 7, 7.0, 1.5, NS, 2**53, 2**53 + 1, 2**64, "", "7", "true", "text", "tool"),
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01"),
)
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)
VALUES = st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


def _value(key: Key) -> Any:
    """Some value that the schema allows."""
    if key.instant:
        return NS + 3
    if key.words:
        return key.words[-1]
    if key.column is None:
        return f"the {key.name}"
    kind = str(key.column.type)
    return "text" if "string" in kind else {"bool": True, "double": 0.5}.get(kind, 7)


def _full() -> dict[str, Any]:
    line = {key.name: _value(key) for key in KEYS}
    line |= {"kind": "request", "end": NS + 9}
    return line | {
        "links": [{key.name: _value(key) for key in LINK_KEYS}],
        "marks": [{key.name: _value(key) for key in MARK_KEYS}],
    }


def by_span(trace: Any) -> dict[str, Any]:
    return {row["span_key"]: row for row in rows(trace)}


def test_a_line_with_every_key_satisfies_the_schema_and_arrives_whole() -> None:
    line = _full()
    read_ = read("spans-jsonl", line)
    (row,) = rows(read_)

    VALIDATOR.validate(line)
    assert findings(read_) == {}
    for column in SPAN_FACTS:
        name = INSTANTS.get(column.name, column.name)
        assert str(row[column.name]) == str(line[name]), name
    (link,) = rows(read_, "links")
    assert (link["from_key"], link["to_key"], link["at_ns"]) == ("the from", "the span", NS + 3)
    (mark,) = rows(read_, "marks")
    assert (mark["span_key"], mark["refers_to_key"], mark["t_ns"]) == ("the span", "the span", NS + 3)
    (session,) = rows(read_, "sessions")
    assert (session["source_id"], session["task_id"]) == ("the session", "the task_id")


def test_of_an_agent_its_lane_its_parent_and_its_spawn_are_told() -> None:
    lines = [
        {**LINE, "span": 1, "kind": "tool", "name": "delegate"},
        {
            **LINE,
            "span": 2,
            "parent": 1,
            "kind": "agent",
            "name": "helper",
            "parent_agent": "boss",
            "background": True,
            "agent_type": "reader",
        },
        {**LINE, "span": 3, "parent": 2},
        {**LINE, "span": 4, "kind": "agent", "agent": "boss", "main": True},
    ]
    read_ = read("spans-jsonl", *lines)

    assert [row.get("agent_key") for row in rows(read_)] == [None, "agent:2", None, "agent:boss"]
    assert rows(read_, "agents") == [
        {
            "session_key": "spans-jsonl:s",
            "agent_key": "agent:2",
            "parent_agent_key": "agent:boss",
            "name": "helper",
            "type": "reader",
            "background": True,
            "spawn_key": "1",
        },
        {"session_key": "spans-jsonl:s", "agent_key": "agent:boss", "main": True, "source_id": "boss"},
    ]


@pytest.mark.parametrize(
    ("start", "ns"),
    [
        (NS, NS),
        (str(NS), None),
        ("2026-01-01T00:00:00Z", NS),
        ("2026-01-01T01:00:00.000002+01:00", NS + 2_000),
        ("2026-01-01T00:00:00.000000123Z", NS + 123),
        ("2026-01-01T00:00:00.0000001Z", NS + 100),
        ("1970-01-01T00:00:00.000000000Z", 0),
        ("yesterday", None),
        (NS // 1_000_000, None),
        (NS / 7, None),
        (-5, None),
        (2**70, None),
        (True, None),
    ],
)
def test_a_time_is_iso_or_nanoseconds_and_nothing_else(start: Any, ns: int | None) -> None:
    read_ = read("spans-jsonl", {**LINE, "start": start, "end": NS + 9_000})

    assert rows(read_)[0].get("start_ns") == ns
    assert bool(findings(read_)) == (ns is None)


def test_a_time_without_a_zone_is_a_guess_and_said() -> None:
    read_ = read("spans-jsonl", {**LINE, "start": "2026-01-01T00:00:00"})

    assert (rows(read_)[0]["start_ns"], findings(read_)) == (NS, {"no_time_zone": 1})


def test_milliseconds_are_told_from_damage() -> None:
    assert findings(read("spans-jsonl", {**LINE, "start": NS // 10**6})) == {"time_unit": 1}
    assert findings(read("spans-jsonl", {**LINE, "start": {}})) == {"wrong_type": 1}


def test_what_is_known_has_evidence_and_nothing_else_has() -> None:
    told = {"queue_ns": 5, "queue_evidence": "derived", "prefill_ns": 6, "decode_evidence": "bounded"}
    (row,) = rows(read("spans-jsonl", {**LINE, "kind": "request", **told}))

    assert {name: row.get(f"{name}_evidence") for name in ("start", "end", "queue", "prefill", "decode")} == {
        "start": "measured",
        "end": "measured",
        "queue": "derived",
        "prefill": "measured",
        "decode": None,
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"kind": "tool", "start": NS}, "no_session"),
        ({**LINE, "kind": "session"}, "unknown_kind"),
        ({"session": "s", "kind": "tool"}, "no_start"),
        ({**LINE, "colour": "red"}, "unknown_key"),
        ({**LINE, "end": NS - 1}, "end_before_start"),
        ({**LINE, "links": [{"kind": "feeds"}]}, "link_unusable"),
        ({**LINE, "marks": [{"kind": "spawn"}]}, "mark_unusable"),
        ({**LINE, "links": [5]}, "wrong_type"),
        ({**LINE, "input_tokens": -1}, "wrong_type"),
        ({**LINE, "status": "great"}, "wrong_type"),
        ([LINE], "not_an_object"),
    ],
)
def test_a_fault_is_said_and_the_next_line_stays(line: Any, code: str) -> None:
    sound = {**LINE, "span": "2"}
    read_ = read("spans-jsonl", line, sound)
    found = {row["code"]: row for row in rows(read_, "findings")}

    assert found[code]["line"] == 1
    assert by_span(read_)["2"] == by_span(read("spans-jsonl", 5, sound))["2"]
    assert read_.records == 2


def test_a_line_that_the_schema_refuses_is_never_read_in_silence() -> None:
    """And one that it accepts never gives a finding: one declaration makes both."""
    for key in KEYS:
        for value in VALUES_TO_TRY:
            if isinstance(value, float) and key.column and str(key.column.type) == "uint64":
                continue  # ids of workers are exact, so no float is one; JSON Schema cannot tell 7.0 from 7
            line = {**LINE, key.name: value}
            silent = findings(read("spans-jsonl", line)).keys() <= {"end_before_start"}
            assert silent == VALIDATOR.is_valid(line), f"{key.name}: {value!r}"


def test_notes_of_the_writer_are_nobodys_business() -> None:
    read_ = read("spans-jsonl", {**LINE, "x_anything": {"a": [1]}})

    assert (findings(read_), VALIDATOR.is_valid({**LINE, "x_anything": {"a": [1]}})) == ({}, True)


def test_the_sample_satisfies_the_schema_and_tells_the_story_of_the_other_containers() -> None:
    for line in AGENT.read_text().splitlines():
        VALIDATOR.validate(json.loads(line))
    ours, theirs = (
        analyze(read_files(file)).sessions.to_dicts()[0]
        for file in (AGENT, SAMPLES / "jaeger" / "agent.json")
    )

    same = [
        name for name in ours if name.startswith("path_") or name in ("wall_ns", "requests", "tool_calls")
    ]
    assert len(same) > 10
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert theirs["inferred_path_ns"] > ours["inferred_path_ns"]


@pytest.mark.parametrize(
    ("line", "claimed"),
    [
        (LINE, True),
        ({**LINE, "x_note": 1}, True),
        ({**LINE, "start": "2026-01-01T00:00:00Z"}, True),
        ({**LINE, "foreign": 1}, False),
        ({**LINE, "kind": "session"}, False),
        ({**LINE, "kind": ["tool"]}, False),
        ({**LINE, "session": None}, False),
        ({"session": "s", "kind": "tool"}, False),
        ([LINE], False),
    ],
)
def test_only_lines_after_the_schema_are_claimed(line: Any, claimed: bool) -> None:  # noqa: FBT001
    assert SPANS_JSONL.sniff(Head(json.dumps(line).encode())) == claimed
    assert SPANS_JSONL.sniff(Head(b'{"torn\n' + json.dumps(line).encode())) == claimed


@settings(max_examples=50)
@given(junk=VALUES, name=st.sampled_from([*_full()]))
def test_any_value_of_any_key_is_survived(junk: Any, name: str) -> None:
    sound = {**LINE, "span": "2"}
    read_ = read("spans-jsonl", {**_full(), name: junk}, sound)

    assert by_span(read_)["2"] == by_span(read("spans-jsonl", 5, sound))["2"]


@settings(max_examples=50)
@given(junk=VALUES)
def test_any_line_is_survived(junk: Any) -> None:
    for line in (
        junk,
        {**LINE, "links": [{"from": junk, "at": junk, "confidence": junk}]},
        {**LINE, "marks": junk},
    ):
        read("spans-jsonl", line)


def test_where_links_are_settled_none_is_inferred() -> None:
    """A call that begins while the request before it runs hangs on that, unless the writer knows better."""
    lines = [
        {"session": "s", "span": 1, "kind": "request", "start": NS, "end": NS + 10**10},
        {"session": "s", "span": 2, "kind": "tool", "start": NS + 6 * 10**9, "end": NS + 12 * 10**9},
    ]
    settled = [{**lines[0], "settled": True}, lines[1]]

    assert [row["rule"] for row in _links(lines)] == [WHILE_RUNNING.name]
    assert _links(settled) == []
    stated = [
        settled[0],
        {**lines[1], "links": [{"from": 1, "at": NS + 5, "rule": "mine", "explicit": False}]},
    ]
    assert [row["rule"] for row in _links(stated)] == ["mine"]


def _links(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    data = "\n".join(map(json.dumps, lines)).encode()
    found = ReadSource("s.jsonl", "spans-jsonl", len(data), raw_of(data, "spans-jsonl"))
    return assemble([found]).links.to_pylist()
