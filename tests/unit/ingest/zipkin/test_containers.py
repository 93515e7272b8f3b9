"""The containers of Zipkin JSON, whole and damaged, and what is none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.ingest.formats.zipkin import ZIPKIN
from agenttrace.ingest.head import Head
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import by_key, findings, read, rows
from unit.ingest.zipkin.test_spans import ident, span

SPAN = span(1, (0, 9), kind="CLIENT", annotations=[], shared=False, parentId=ident(9))
V1 = json.loads((SAMPLES / "zipkin" / "version-1.json").read_text())[1]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)
VALUES = st.recursive(
    JUNK, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@pytest.mark.parametrize(
    "values",
    [[[SPAN]], [[[SPAN], [SPAN]]], [[SPAN], [SPAN]], [SPAN, SPAN], [SPAN], [[[], [SPAN]]]],
    ids=["list", "list of lists", "lines of lists", "lines", "one span", "an empty trace first"],
)
def test_a_span_is_found_in_every_container(values: list[Any]) -> None:
    text = b"\n".join(json.dumps(value).encode() for value in values)
    pretty = json.dumps(values[0], indent=2).encode()

    assert ZIPKIN.sniff(Head(text))
    assert ZIPKIN.sniff(Head(pretty))
    assert ZIPKIN.sniff(Head(pretty + pretty[:20]))
    assert set(by_key(raw_of(text, "zipkin"))) == {ident(1)}
    assert set(by_key(raw_of(pretty, "zipkin"))) == {ident(1)}


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[]],
        [{"traceId": "a", "id": "b"}],
        [{**SPAN, "spanId": "x"}],
        [{**SPAN, "id": "observation-1"}],
        [{**SPAN, "traceId": 5}],
        [{**SPAN, "startTime": "2026-01-01T00:00:00Z"}],
        {"spans": [SPAN]},
    ],
)
def test_what_only_looks_alike_is_not_claimed(value: Any) -> None:
    assert not ZIPKIN.sniff(Head(json.dumps(value).encode()))


def test_a_document_that_is_cut_off_keeps_its_complete_spans() -> None:
    text = (SAMPLES / "zipkin" / "agent.json").read_bytes()
    whole = {row["span_key"] for row in rows(raw_of(text, "zipkin"))}

    torn = raw_of(text[: len(text) // 2], "zipkin")

    assert 0 < torn.spans.num_rows < len(whole)
    assert {row["span_key"] for row in rows(torn)} <= whole
    assert findings(torn)["torn_document"] == 1


@pytest.mark.parametrize("field", sorted(SPAN.keys() | {"binaryAnnotations"}))
@settings(max_examples=30)
@given(junk=VALUES)
def test_a_field_of_another_type_costs_that_field_and_no_other_span(field: str, junk: Any) -> None:
    sound = span(2, (0, 9))
    read_ = read("zipkin", [SPAN | {field: junk}, sound])

    assert read_.records == 2
    assert by_key(read_)[ident(2)] == by_key(read("zipkin", [SPAN, sound]))[ident(2)]


@settings(max_examples=50)
@given(junk=VALUES, field=st.sampled_from(sorted(V1)))
def test_any_document_is_survived(junk: Any, field: str) -> None:
    for value in (
        junk,
        [junk],
        [[junk]],
        V1 | {field: junk},
        {"binaryAnnotations": [junk], "annotations": [junk]},
    ):
        read("zipkin", value)


def test_faults_are_counted() -> None:
    odd = span(
        1, (0, 9), tags={"a": []}, annotations=[3], duration="long", timestamp=-5, localEndpoint="here"
    )

    assert findings(read("zipkin", [odd, 7]))["wrong_type"] == 6
