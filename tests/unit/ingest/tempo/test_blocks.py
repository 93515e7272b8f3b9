"""Tempo's own blocks: a row for each trace, told from the answer that its query service would give."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import agenttrace
from agenttrace.ingest.formats.tempo.blocks import answers
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import findings, rows

ANSWER = SAMPLES / "tempo" / "agent-v2.json"
_COLUMNS = {
    "stringValue": "Value",
    "intValue": "ValueInt",
    "doubleValue": "ValueDouble",
    "boolValue": "ValueBool",
}
_TYPES = {"Value": str, "ValueInt": int, "ValueDouble": float, "ValueBool": bool}


def _attributes(pairs: list[dict[str, Any]], *, lists: bool) -> list[dict[str, Any]]:
    found = []
    for pair in pairs:
        ((kind, value),) = pair["value"].items()
        if kind not in _COLUMNS:
            continue
        told: dict[str, Any] = dict.fromkeys(_TYPES, [] if lists else None)
        column = _COLUMNS[kind]
        value = _TYPES[column](value)
        found.append({"Key": pair["key"], **told, column: [value] if lists else value})
    return found


def _block(*, lists: bool, dedicated: str | None = None) -> bytes:
    """The sample as a block: with values in lists, as versions 4 and 5 have them, or as version 3 has them."""
    document = json.loads(ANSWER.read_text())
    traces: dict[bytes, list[dict[str, Any]]] = {}
    for batch in (document.get("trace") or document)["resourceSpans"]:
        for scope in batch["scopeSpans"]:
            for span in scope["spans"]:
                start = int(span["startTimeUnixNano"])
                row = {
                    "SpanID": _bytes(span["spanId"]),
                    "ParentSpanID": _bytes(span.get("parentSpanId", "")),
                    "NestedSetLeft": 1,
                    "Name": span["name"],
                    "StartTimeUnixNano": start,
                    "DurationNano": int(span["endTimeUnixNano"]) - start,
                    "StatusCode": _code(span.get("status", {}).get("code", 0)),
                    "Attrs": _attributes(span.get("attributes", []), lists=lists),
                    "DedicatedAttributes": {"String01": dedicated},
                }
                owner = {
                    "Attrs": _attributes(batch["resource"]["attributes"], lists=lists),
                    "ServiceName": "",
                }
                scoped = {"Scope": {"Name": scope.get("scope", {}).get("name", "")}, "Spans": [row]}
                traces.setdefault(_bytes(span["traceId"]), []).append({"Resource": owner, "ss": [scoped]})
    table = pa.Table.from_pylist(
        [{"TraceID": trace, "RootServiceName": "x", "rs": batches} for trace, batches in traces.items()]
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _bytes(text: str) -> bytes:
    """Ids are hexadecimal digits in some answers, and base64 in others."""
    return bytes.fromhex(text) if len(text) in (0, 16, 32) else base64.b64decode(text)


def _code(code: Any) -> int:
    return {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}.get(code, code if isinstance(code, int) else 0)


@pytest.mark.parametrize("lists", [True, False])
def test_a_block_tells_what_the_answer_tells(lists: bool, tmp_path: Any) -> None:  # noqa: FBT001
    file = tmp_path / "data.parquet"
    file.write_bytes(_block(lists=lists))

    ours, theirs = (agenttrace.analyze(agenttrace.read(path)).sessions for path in (file, ANSWER))

    for column in (
        "session",
        "wall_ns",
        "requests",
        "tool_calls",
        "input_tokens",
        "path_tool_ns",
        "path_model_ns",
    ):
        assert ours[column].to_list() == theirs[column].to_list(), column
    assert ours["requests"].sum() > 2


def test_it_is_known_by_its_columns() -> None:
    data = _block(lists=True)

    assert recognise(Source("data.parquet", data)).id == "tempo"


def test_what_stands_in_columns_without_a_name_is_told() -> None:
    spans = len(rows(raw_of(_block(lists=True), "tempo")))

    assert findings(raw_of(_block(lists=True), "tempo")) == {}
    assert findings(raw_of(_block(lists=True, dedicated="secret"), "tempo")) == {"column_unusable": spans}


def _told(columns: dict[str, Any], meta: Any, tmp_path: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """Attributes of the span of a block whose columns are these, and the findings."""
    span = {"NestedSetLeft": 1, "StartTimeUnixNano": 100, "DurationNano": 20, "DedicatedAttributes": columns}
    resource = {"Attrs": [], "DedicatedAttributes": {"String01": "r"}}
    row = {"TraceID": b"\1", "RootServiceName": "", "rs": [{"Resource": resource, "ss": [{"Spans": [span]}]}]}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "data.parquet")
    (tmp_path / "meta.json").write_bytes(meta if isinstance(meta, bytes) else json.dumps(meta).encode())
    recorder = Recorder()
    (answer,) = answers(Source(str(tmp_path / "data.parquet")), recorder)
    (batch,) = answer["resourceSpans"]
    owners = (batch["resource"], batch["scopeSpans"][0]["spans"][0])
    found = {pair["key"]: pair["value"] for owner in owners for pair in owner["attributes"]}
    counts = {row["code"]: row["count"] for row in recorder.trace().findings.to_pylist()}
    return found, counts


LISTED = [
    {"n": "a"},
    {"s": "resource", "n": "b"},
    {"n": "c", "t": "int"},
    {"n": "d", "o": ["array"]},
    {"n": "e"},
]


def test_attributes_in_columns_of_their_own_have_the_names_that_the_block_tells(tmp_path: Any) -> None:
    columns = {"String01": ["x"], "String02": ["y", "z"], "String03": [""], "Int01": [0]}
    found, told = _told(columns, {"format": "vParquet5", "dedicatedColumns": LISTED}, tmp_path)

    assert found == {
        "a": {"stringValue": "x"},
        "b": {"stringValue": "r"},
        "c": {"intValue": 0},
        "d": {"arrayValue": {"values": [{"stringValue": "y"}, {"stringValue": "z"}]}},
        "e": {"stringValue": ""},
    }
    assert told == {}


def test_versions_without_options_pass_over_attributes_that_have_some(tmp_path: Any) -> None:
    columns = {"String01": "x", "String02": "y", "String03": None}
    found, told = _told(columns, {"format": "vParquet4", "dedicatedColumns": LISTED}, tmp_path)

    assert found == {"a": {"stringValue": "x"}, "e": {"stringValue": "y"}, "b": {"stringValue": "r"}}
    assert told == {}


@pytest.mark.parametrize(
    "meta",
    [
        b"",
        b"[]",
        b"no JSON",
        {"dedicatedColumns": 7},
        {"dedicatedColumns": [7, {"n": 7}, {"n": "a", "t": [1]}]},
    ],
)
def test_a_description_that_tells_nothing_leaves_them_out(meta: Any, tmp_path: Any) -> None:
    assert _told({"String01": "x"}, meta, tmp_path) == ({}, {"column_unusable": 2})


def test_events_count_from_the_start_of_their_span() -> None:
    event = {"Name": "e", "TimeSinceStartNano": 7, "Attrs": []}
    span = {"NestedSetLeft": 1, "StartTimeUnixNano": 100, "DurationNano": 20, "Events": [event]}
    sink = io.BytesIO()
    row = {
        "TraceID": b"\1",
        "RootServiceName": "",
        "rs": [{"Resource": {"Attrs": []}, "ss": [{"Spans": [span]}]}],
    }
    pq.write_table(pa.Table.from_pylist([row]), sink)

    (answer,) = answers(Source("x", sink.getvalue()), Recorder())

    (found,) = answer["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert (found["endTimeUnixNano"], found["events"][0]["timeUnixNano"]) == (120, 107)


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
def test_a_damaged_block_is_told(cut: float) -> None:
    data = bytearray(_block(lists=True))
    for place in range(int(len(data) * cut * 0.5), int(len(data) * cut * 0.5) + 40):
        data[place] ^= 0xFF

    raw_of(bytes(data), "tempo")
