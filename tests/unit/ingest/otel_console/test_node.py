"""Spans that Node printed: its objects read back, and what of them is told."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.ingest.formats.otel_console.inspected import inspected
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import SECOND, read_content

SAMPLE = Path(__file__).resolve().parents[4] / "sample_traces" / "otel-console" / "node.txt"
SPANS = SAMPLE.read_text().split("\n{\n")[1:]
EPOCH_NS = 1_772_446_800 * SECOND


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("{ a: 1, 'b.c': -2.5, d: 1e+21, e: 5n }", {"a": 1, "b.c": -2.5, "d": 1e21, "e": 5}),
        ("{ a: undefined, b: null, c: true, d: [Object], e: [Array] }",
         {"a": None, "b": None, "c": True, "d": None, "e": None}),
        ("{ a: [ 1, 'x', [ 2 ], ... 3 more items ] }", {"a": [1, "x", [2]]}),
        ("{ a: 'it\\'s', b: \"it's\", c: `it's \"x\"`, d: 'a\\u0041\\x41\\n' }",
         {"a": "it's", "b": "it's", "c": "it's \"x\"", "d": "aAA\n"}),
        ("{ a: 'one\\n' +\n    'two', b: 1 }", {"a": "one\ntwo", "b": 1}),
        ("{ a: 'long'... 12 more characters, b: 1 }", {"a": "long", "b": 1}),
        ("{ a: SpanContext { b: 1 }, c: [Object: null prototype] { d: 2 } }", {"a": {"b": 1}, "c": {"d": 2}}),
        ("{ 1: 2 }", {"1": 2}),
    ],
)  # fmt: skip
def test_an_object_is_read_back(text: str, value: dict[str, Any]) -> None:
    assert inspected(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "{ a", "{ a: }", "{ a: 'x }", "{ a: 1 b: 2", "[ 1 ]", "7", "{ a: 'x' + 1 }", "{ a: " * 5000],
)
def test_what_is_no_object_is_none(text: str) -> None:
    assert inspected(text) is None


def test_the_sample_is_what_it_says() -> None:
    found = read_content("otel-console", SAMPLE.read_bytes())

    (request,), (tool,), (agent,) = (found.of(kind) for kind in ("request", "tool", "agent"))
    assert (request["start_ns"] - EPOCH_NS, request["end_ns"] - EPOCH_NS) == (SECOND // 10, 2_500_000_250)
    assert (request["input_tokens"], request["model"]) == (800, "model-m")
    assert (tool["name"], tool["status"], tool["parent_key"]) == ("lookup", "error", agent["span_key"])
    assert request["parent_key"] == agent["span_key"]
    assert found.findings.keys() == {"other_output"}


@pytest.mark.parametrize("kept", range(1, 20, 2))
def test_a_span_that_is_cut_off_costs_no_other(kept: int) -> None:
    first, second, third = ("{\n" + span for span in SPANS)
    torn = "\n".join(second.split("\n")[:kept])
    found = read_content("otel-console", f"{first}\n{torn}\n{third}".encode())

    whole = kept >= len(second.split("\n"))
    assert (len(found.of("request")), len(found.of("agent")), len(found.of("tool"))) == (1, 1, int(whole))
    assert ("broken_document" in found.findings) is not whole


@pytest.mark.parametrize("seed", range(100))
def test_whatever_is_damaged_nothing_raises(seed: int) -> None:
    chance, content = Random(seed), bytearray(SAMPLE.read_bytes())
    for _ in range(chance.choice((1, 5, 100))):
        content[chance.randrange(len(content))] = chance.choice(b"{}[]:,'\"`\\+ .0n\n\0\xff")
    source = Source("x", bytes(content))
    if source.head.data.strip():
        read_content("otel-console", bytes(content))


def test_it_is_recognised_behind_other_output() -> None:
    assert recognise(Source("x", b"hello {\n" * 50 + SAMPLE.read_bytes())).id == "otel-console"
