"""A client that breaks off a stream is done before its server is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agenttrace.ingest.assembly.assemble import assemble
from unit.ingest.assembly.rows import agent, codes, frame, source, span, trace_of

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


def test_what_a_client_calls_an_error_and_its_server_cancelled_was_given_up() -> None:
    rows = [
        span("m", "main", "agent", 0, 20),
        span("m", "r1", "request", 1, 5, parent_key="main", status="error"),
        span("m", "http1", "request", 1.1, 5.01, parent_key="r1", status="cancelled"),
        span("m", "r2", "request", 6, 9, parent_key="main", status="error"),
        span("m", "http2", "request", 6.1, 8.9, parent_key="r2", status="ok"),
    ]
    spans = frame(trace_of(rows).spans)

    assert spans.filter(spans["kind"] == "request")["status"].to_list() == ["cancelled", "error"]


def test_an_answer_that_broke_off_is_told_by_time_though_each_side_counted_what_it_saw() -> None:
    """No id in common; the client got 8 tokens and was told of no prompt, the server had made 10."""
    facts = [(100, 20), (150, 30), (200, 40), (250, 50)]
    client = [agent("m")]
    record = [agent("m")]
    for place, (prompt, answer) in enumerate(facts):
        tokens = {"input_tokens": prompt, "output_tokens": answer}
        at = 10 * place
        client.append(span("m", f"c{place}", "request", at, at + 8, **tokens))
        record.append(span("m", f"s{place}", "request", at + 0.001, at + 7.9, **tokens))
    client.append(span("m", "broken", "request", 40, 44, input_tokens=0, output_tokens=8))
    record.append(span("m", "whole", "request", 40.001, 44.002, input_tokens=300, output_tokens=10))

    traces = [
        replace(one, format=name) for one, name in ((source("a", client), "a"), (source("b", record), "b"))
    ]
    spans = frame(assemble(traces).spans)

    assert spans.filter(spans["kind"] == "request").height == 5


def test_an_agent_is_not_outgrown_by_what_a_server_does_after_it() -> None:
    """The last request's server is done 8 ms after the client and its agent."""
    rows = [
        span("m", "main", "agent", 0, 20),
        span("m", "r1", "request", 1, 5, parent_key="main"),
        span("m", "r2", "request", 10, 19.999, parent_key="main", trigger="user_message"),
        span("m", "http", "request", 10.001, 20.008, parent_key="r2"),
    ]
    spans = frame(trace_of(rows).spans)

    assert spans.filter(spans["kind"] == "interaction").is_empty()
    assert spans.filter(spans["kind"] == "user_wait").height == 1
