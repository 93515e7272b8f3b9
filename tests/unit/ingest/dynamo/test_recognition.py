"""A request trace is told by its schema, in the head of the file, as a record of its own."""

import json

import pytest

from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.head import Head
from unit.ingest.dynamo.rows import line, request

ROW = request("chain", 0)
ENVELOPE = {"timestamp": 1.5, "event": ROW}
WITHOUT_SCHEMA = {"event_type": "request_payload", "request_id": "r"}
OTLP_LOG = {
    "resourceLogs": [
        {
            "scopeLogs": [
                {
                    "scope": {"name": "dynamo.request_trace"},
                    "logRecords": [
                        {
                            "body": {"stringValue": "request_end"},
                            "attributes": [
                                {"key": "schema", "value": {"stringValue": "dynamo.request.trace.v1"}},
                                {"key": "payload", "value": {"stringValue": json.dumps(ROW)}},
                            ],
                        }
                    ],
                }
            ]
        }
    ]
}


@pytest.mark.parametrize(
    "head",
    [
        line(ROW),
        line(ENVELOPE) + b"\n",
        json.dumps(ROW, separators=(",", ":")).encode(),
        b"\xef\xbb\xbf" + line(ROW),
        b"\n\n" + line(ROW),
        line(WITHOUT_SCHEMA) + b"\n" + line(ROW),
        b"{broken\n" + line(ROW),
        line(ROW | {"schema": "dynamo.agent.trace.v1"}),
        line(ROW)[:-40],
        line(ENVELOPE)[:120],
        b"torn" + b"\n" + line(ENVELOPE)[:120],
    ],
)
def test_rows_of_the_schema_are_claimed(head: bytes) -> None:
    assert DYNAMO.sniff(Head(head))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00\xff\xfe",
        b"{",
        b"[" * 5000,
        line(OTLP_LOG),
        line(OTLP_LOG)[:-300],
        line({"schema": "agentic_mooncake", "request_id": "r"}),
        line({"note": json.dumps(ROW)}),
        line({"schema": ["dynamo.request.trace.v1"]}),
        line({"rows": [ROW]}),
        line(json.dumps(ROW)),
        b"dynamo.request.trace.v1",
    ],
)
def test_nothing_else_is_claimed(head: bytes) -> None:
    assert not DYNAMO.sniff(Head(head))


def test_the_head_of_a_line_of_many_hashes_is_enough() -> None:
    long = request("chain", 0, replay={"trace_block_size": 16, "input_sequence_hashes": list(range(20_000))})

    assert DYNAMO.sniff(Head(line({"timestamp": 0, "event": long})[: 1 << 16]))
