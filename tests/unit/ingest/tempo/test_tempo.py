"""Tempo's answers: containers, ids in base64, partial traces, damage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.ingest.formats.tempo import TEMPO
from agenttrace.ingest.head import Head
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import findings, picked, read, rows

AGENT = json.loads((SAMPLES / "tempo" / "agent.json").read_text())
BATCHES = AGENT["batches"]
OLDER = [
    {
        "resource": batch["resource"],
        "instrumentationLibrarySpans": [
            {"instrumentationLibrary": group["scope"], "spans": group["spans"]}
            for group in batch["scopeSpans"]
        ],
    }
    for batch in BATCHES
]
SPAN = BATCHES[0]["scopeSpans"][0]["spans"][1]
TRACE = "5b1f0d8c2a9e47f3b6c4d1e0f7a98231"
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)
VALUES = st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
NAMES = (
    "span_key",
    "parent_key",
    "kind",
    "name",
    "start_ns",
    "end_ns",
    "model",
    "input_tokens",
    "error",
    "status",
)


def _batch(*spans: Any) -> dict[str, Any]:
    return {"resource": {}, "scopeSpans": [{"spans": list(spans)}]}


@pytest.mark.parametrize(
    "value",
    [
        AGENT,
        {"trace": {"resourceSpans": BATCHES}},
        {"trace": {"batches": BATCHES}, "status": "COMPLETE"},
        {"batches": OLDER},
    ],
    ids=["version 1", "version 2", "batches in version 2", "libraries for scopes"],
)
def test_every_container_holds_the_spans_that_otlp_would(value: Any) -> None:
    otlp = read("otlp", {"resourceSpans": BATCHES})
    text = json.dumps(value).encode()

    assert TEMPO.sniff(Head(text))
    assert TEMPO.sniff(Head(json.dumps(value, indent=1).encode()[:4000]))
    assert rows(raw_of(text, "tempo")) == rows(otlp)
    assert raw_of(text, "tempo").dialects == ("genai",)


def test_ids_in_base64_are_those_of_the_other_containers() -> None:
    jaeger = rows(raw_of((SAMPLES / "jaeger" / "agent-v3.json").read_bytes(), "jaeger"))

    assert {picked(row, *NAMES) for row in rows(read("tempo", AGENT))} == {
        picked(row, *NAMES) for row in jaeger
    }


@pytest.mark.parametrize("status", ["PARTIAL", 1])
def test_a_trace_of_which_tempo_keeps_a_part_is_truncated(status: Any) -> None:
    read_ = read("tempo", {"trace": {"resourceSpans": BATCHES}, "status": status, "message": "too large"})

    assert [row for row in rows(read_, "sessions") if row.get("truncated")] == [
        {"session_key": f"trace:{TRACE}", "truncated": True}
    ]
    assert findings(read_) == {"partial_trace": 1}


@pytest.mark.parametrize(
    "value",
    [
        {"batches": []},
        {"batches": [{"status": "done"}]},
        {"trace": {"id": "x"}, "observations": []},
        {"trace": {"resourceSpans": []}},
        {"resourceSpans": BATCHES},
        {"result": {"resourceSpans": BATCHES}},
        [AGENT],
    ],
)
def test_what_is_not_tempos_is_not_claimed(value: Any) -> None:
    assert not TEMPO.sniff(Head(json.dumps(value).encode()))


@pytest.mark.parametrize("field", sorted(SPAN.keys() | {"links", "events"}))
@settings(max_examples=30)
@given(junk=VALUES)
def test_a_field_of_another_type_costs_that_field_and_no_other_span(field: str, junk: Any) -> None:
    sound = SPAN | {"spanId": "AAAAAAAAAAI="}
    read_ = read("tempo", {"batches": [_batch(SPAN | {field: junk}, sound)]})
    (row,) = [row for row in rows(read_) if row["span_key"] == f"{TRACE}/{2:016x}"]

    assert read_.records == 2
    assert row == rows(read("tempo", {"batches": [_batch(SPAN, sound)]}))[1]


@settings(max_examples=50)
@given(junk=VALUES)
def test_any_document_is_survived(junk: Any) -> None:
    for batches in (
        junk,
        [junk],
        [{"scopeSpans": junk}],
        [{"scopeSpans": [junk], "resource": junk}],
        [_batch(junk)],
    ):
        for value in (
            {"batches": batches},
            {"trace": {"resourceSpans": [*BATCHES[:1], batches]}, "status": 1},
        ):
            read("tempo", value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"stringValue": "a"}, "a"),
        ({"intValue": "7"}, "7"),
        ({"doubleValue": 0.5}, "0.5"),
        ({"boolValue": True}, "true"),
        ({"bytesValue": "AAE="}, "AAE="),
        ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "b"}]}}, '[1,"b"]'),
        ({"kvlistValue": {"values": [{"key": "c", "value": {"boolValue": False}}]}}, '{"c":false}'),
        ({"arrayValue": {}}, "[]"),
        ({"intValue": "many"}, None),
        ({"arrayValue": {"values": 5}}, None),
        ({}, None),
    ],
)
def test_a_value_is_told_by_the_name_of_its_type(value: Any, told: str | None) -> None:
    """Of whatever type: where it becomes the name of a model, it is text."""
    span = SPAN | {
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": value},
        ]
    }
    (row,) = rows(read("tempo", {"batches": [_batch(span)]}))

    assert row.get("model") == told
