"""A client that breaks off a stream is done before its server is."""

from __future__ import annotations

from typing import Any

from unit.ingest.assembly.rows import agent, codes, frame, span, trace_of

TOKENS = {"input_tokens": 100, "output_tokens": 8}


def _seen(key: str, start: float, end: float, **facts: Any) -> Any:
    """A view of one request, as its source tells it."""
    ids = {"request_id": "server-1", "client_request_id": "client-1"}
    return span("m", key, "request", start, end, **(ids | facts))


def test_the_client_s_view_stands_though_the_server_s_ends_later() -> None:
    """The server's span lies in the client's by its trace, and the server's record ends with that span."""
    client = [
        agent("m"),
        span("m", "main", "agent", 0, 100),
        _seen("client", 10, 14, parent_key="main", request_id=None),
    ]
    server = [_seen("server", 10.0005, 14.0035, parent_key="client", agent_key=None)]
    record = [agent("m"), _seen("record", 10, 14.003, **TOKENS)]

    trace = trace_of(client, server, record)

    assert "parent_cycle" not in codes(trace)
    spans = frame(trace.spans)
    (request,) = spans.filter(spans["kind"] == "request").to_dicts()
    assert (request["start_ns"], request["end_ns"]) == (10 * 10**9, 14 * 10**9)
    assert request["output_tokens"] == 8
    assert trace.agents.num_rows == 1
