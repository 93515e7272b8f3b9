"""The containers of Jaeger JSON, whole and damaged, and what is none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.ingest.formats.jaeger import JAEGER
from agenttrace.ingest.head import Head
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.jaeger.test_spans import TRACE, ident, span, trace
from unit.ingest.telemetry.raw_rows import by_key, findings, read, rows

SPAN = span(1, (0, 9))
OTLP = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "agent"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": TRACE,
                            "spanId": ident(1),
                            "startTimeUnixNano": "1767225600000000000",
                            "endTimeUnixNano": "1767225600000009000",
                        }
                    ]
                }
            ],
        }
    ]
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)
VALUES = st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@pytest.mark.parametrize(
    "values",
    [
        [{"data": [trace(SPAN)], "total": 0}],
        [{"data": trace(SPAN), "id": TRACE, "state": "FETCH_DONE"}],
        [trace(SPAN)],
        [[trace(SPAN)]],
        [trace(SPAN), trace(SPAN)],
        [{"data": [trace(), trace(SPAN)]}],
        [[SPAN]],
        [SPAN, SPAN],
        [{"result": OTLP}],
        [{"result": OTLP}, {"result": OTLP}],
    ],
    ids=[
        "answer",
        "user interface",
        "trace",
        "list",
        "lines",
        "an empty one first",
        "list of spans",
        "lines of spans",
        "api_v3",
        "stream of api_v3",
    ],
)
def test_a_trace_is_found_in_every_container(values: list[Any]) -> None:
    text = b"\n".join(json.dumps(value).encode() for value in values)
    pretty = b"\n".join(json.dumps(value, indent=2).encode() for value in values[:1])

    assert JAEGER.sniff(Head(text))
    assert JAEGER.sniff(Head(pretty))
    assert raw_of(text, "jaeger").records == len(values)
    assert set(by_key(raw_of(pretty, "jaeger"))) == {ident(1)}


@pytest.mark.parametrize(
    "value",
    [
        {"data": []},
        {"data": [{"spans": []}]},
        {"data": [{"traceID": "a", "spanID": "b"}]},
        {"case": "x", "input_jaeger_trace": trace(SPAN)},
        {"spans": [{"traceId": "a", "id": "b"}]},
        {"result": {}},
        {"result": [OTLP]},
        OTLP,
        [[]],
    ],
)
def test_what_holds_no_span_of_jaeger_is_not_claimed(value: Any) -> None:
    assert not JAEGER.sniff(Head(json.dumps(value).encode()))


def test_a_document_that_is_cut_off_keeps_its_complete_spans() -> None:
    text = (SAMPLES / "jaeger" / "agent.json").read_bytes()
    whole = rows(raw_of(text, "jaeger"))

    torn = raw_of(text[: len(text) // 2], "jaeger")

    assert 0 < torn.spans.num_rows < len(whole)
    assert findings(torn)["torn_document"] == 1
    assert {row["span_key"] for row in rows(torn)} <= {row["span_key"] for row in whole}


@pytest.mark.parametrize("field", sorted(SPAN))
@settings(max_examples=30)
@given(junk=VALUES)
def test_a_field_of_another_type_costs_that_field_and_no_other_span(field: str, junk: Any) -> None:
    sound = span(2, (0, 9))
    read_ = read("jaeger", trace(SPAN | {field: junk}, sound))

    assert read_.records == 2
    assert by_key(read_)[ident(2)] == by_key(read("jaeger", trace(SPAN, sound)))[ident(2)]


@given(junk=VALUES)
def test_any_document_is_survived(junk: Any) -> None:
    for value in (
        junk,
        {"data": junk},
        {"data": [junk]},
        {"spans": junk},
        {"spans": [junk], "processes": junk},
    ):
        read("jaeger", value)
    for value in ({"result": {"resourceSpans": junk}}, {"result": {"resourceSpans": [{"scopeSpans": junk}]}}):
        read("jaeger", value)


def test_faults_are_counted() -> None:
    odd = span(1, (0, 9), tags=[3, {"key": 4}], logs="none", duration="long", startTime=-5)

    assert findings(read("jaeger", trace(odd, 7)))["wrong_type"] == 5  # type: ignore[arg-type]


def test_the_fixture_that_ui_and_collector_share_is_one_trace(shared_data: Path) -> None:
    """Jaeger UI keeps one trace as OTLP and as Jaeger JSON: the same spans, to the microsecond."""
    folder = shared_data / "otel"
    otlp = rows(raw_of((folder / "jaeger-ui_otlp2jaeger-in.otlp.json").read_bytes(), "otlp"))
    jaeger = rows(raw_of((folder / "jaeger-ui_otlp2jaeger-out.jaeger.json").read_bytes(), "jaeger"))

    for ours, theirs in zip(jaeger, otlp, strict=True):
        bounds = {
            name: value // 1000 * 1000 for name, value in theirs.items() if name in ("start_ns", "end_ns")
        }
        assert {**theirs, **bounds, "status": None} == {**ours, "status": None}
