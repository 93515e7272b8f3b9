"""The careful way and the quick way, JSON and protobuf: the same bytes, the same tables."""

import json
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agenttrace.ingest.formats.otlp import json_reading
from agenttrace.ingest.formats.otlp.json_lenient import Lenient
from agenttrace.ingest.formats.otlp.json_messages import Document
from agenttrace.ingest.telemetry.names import WANTED
from unit.ingest.otlp.protobuf import as_protobuf
from unit.ingest.otlp.telemetry import Record, attributes, document, event, lines, read, span, table

_NAMES = st.sampled_from([*WANTED, "llm.output_messages.3.message.tool_calls.0.tool_call.id", "unknown.name"])
_PLAIN = st.text(max_size=12) | st.booleans() | st.integers(-(2**63), 2**63 - 1)
_DOUBLES = st.floats(allow_nan=False, allow_infinity=False, width=32).map(float)
_VALUES = (
    _PLAIN
    | _DOUBLES
    | st.sampled_from(["chat", "execute_tool", "LLM", "AGENT", "agent", "true", "12", "0.5"])
)
_NESTED = st.lists(_PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), _PLAIN, max_size=3)
_SPAN_NAMES = st.sampled_from(["chat m", "claude_code.llm_request", "http-request", "llm_request", "x", ""])
_TABLES = ("spans", "agents", "marks", "links", "sessions", "key_edges", "findings")


@st.composite
def _spans(draw: st.DrawFn) -> Record:
    start = draw(st.integers(0, 1000))
    values = draw(st.dictionaries(_NAMES, _VALUES | _NESTED, max_size=6))
    more: dict[str, Any] = {"status": {"code": draw(st.integers(0, 2))}, "name": draw(_SPAN_NAMES)}
    if draw(st.booleans()):
        more["events"] = [event("gen_ai.request.attempt", draw(st.integers(0, 9)), {"attempt": 1})]
    bounds = (start, start + draw(st.integers(-1, 500)))
    parent = draw(st.sampled_from([None, 1, 2]))
    made = span(draw(st.integers(1, 6)), bounds, values, parent=parent, **more)
    again = draw(st.dictionaries(st.sampled_from([*values]), _VALUES, max_size=2)) if values else {}
    return {**made, "attributes": [*made["attributes"], *attributes(again)]}


@given(st.lists(_spans(), max_size=5), st.sampled_from(["hand", "sglang", "vllm", "codex_otel"]))
def test_json_and_protobuf_give_the_same_tables(spans: list[Record], scope: str) -> None:
    told = document(*spans, scope=scope, service_name="s")

    quick, packed = read(lines(told)), read(as_protobuf(told))

    assert [table(quick, name) for name in _TABLES] == [table(packed, name) for name in _TABLES]


class _Refusing:
    """A typed decoder that refuses everything."""

    def decode(self, data: bytes) -> Document:
        return Lenient().decode(data)


@example([span(1, (0, 1), {"gen_ai.request.model": -(2**63), "openinference.span.kind": "LLM"})], "hand")
@given(st.lists(_spans(), max_size=5), st.sampled_from(["hand", "sglang", "vllm", "codex_otel"]))
def test_the_careful_way_gives_the_tables_of_the_quick_one(spans: list[Record], scope: str) -> None:
    content = lines(document(*spans, scope=scope, service_name="s"))

    quick = read(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reading, "Decoder", _Refusing)
        careful = read(content)

    assert [table(quick, name) for name in _TABLES] == [table(careful, name) for name in _TABLES]


def test_the_order_of_lines_changes_nothing_but_the_lines() -> None:
    rng = random.Random(5)  # seeded, not secret
    values: list[Record] = [
        {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "c"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "x"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"},
    ]
    spans = [
        span(number, (number, number + 2), values[number % 3], parent=number // 3) for number in range(1, 40)
    ]
    whole = [json.dumps(document(each)).encode() for each in spans]
    shuffled = rng.sample(whole, len(whole))

    first, second = read(b"\n".join(whole)), read(b"\n".join(shuffled))

    for name in _TABLES:
        rows = [[{**row, "line": 0} for row in table(trace, name)] for trace in (first, second)]
        assert sorted(rows[0], key=repr) == sorted(rows[1], key=repr)
