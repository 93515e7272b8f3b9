"""Spans that a program printed, among whatever else it printed, whole or torn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import Reading, read_content

TRACE = "0x" + "ab" * 16


def _span(number: int, parent: int | None = None, **values: Any) -> dict[str, Any]:
    return {
        "name": "chat model-m",
        "context": {"trace_id": TRACE, "span_id": f"0x{number:016x}", "trace_state": "[]"},
        "kind": "SpanKind.CLIENT",
        "parent_id": f"0x{parent:016x}" if parent else None,
        "start_time": f"2026-03-02T09:00:{number:02}.000001Z",
        "end_time": f"2026-03-02T09:00:{number:02}.500002Z",
        "status": {"status_code": "UNSET"},
        "attributes": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 10 * number},
        "events": [{"name": "exception", "timestamp": "2026-03-02T09:00:01.1Z", "attributes": {"a": [1, 2]}}],
        "links": [{"context": {"trace_id": TRACE, "span_id": "0x1", "trace_state": "[]"}, "attributes": {}}],
        "resource": {"attributes": {"service.name": "s"}, "schema_url": ""},
    } | values


def _printed(*spans: dict[str, Any]) -> list[str]:
    return [json.dumps(span, indent=4) for span in spans]


def _read(*texts: str) -> Reading:
    content = "\n".join(texts).encode()
    assert recognise(Source("x", content)).id == "otel-console"
    return read_content("otel-console", content)


def _tokens(found: Reading) -> list[int]:
    return sorted(span["input_tokens"] or 0 for span in found.spans.values())


def _count(found: Reading, code: str) -> int:
    return int(found.findings[code]["count"]) if code in found.findings else 0


def test_a_printed_span_keeps_its_microseconds_its_ids_and_its_outcome() -> None:
    failed = {"status_code": "ERROR", "description": "no"}
    (span,) = _read(*_printed(_span(3, 2, status=failed))).spans.values()

    assert (span["start_ns"] % 10**9, span["end_ns"] - span["start_ns"]) == (1_000, 500_001_000)
    assert (span["kind"], span["status"]) == ("request", "error")
    assert span["parent_key"].endswith(f"{2:016x}")


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_it_is_the_same_however_it_is_laid_out(indent: int | None) -> None:
    texts = [json.dumps(_span(number), indent=indent) for number in (1, 2, 3)]
    assert _tokens(_read("INFO begins", *texts, "done", "")) == [10, 20, 30]


def test_what_else_was_printed_is_told() -> None:
    log = json.dumps({"body": "a log record", "severity_number": 9}, indent=4)
    found = _read("INFO begins", *_printed(_span(1)), "[1, 2]", log, *_printed(_span(2)))

    assert _tokens(found) == [10, 20]
    assert (_count(found, "other_output"), _count(found, "record_unusable")) == (2, 1)


def test_a_line_of_zeros_where_a_span_was_is_told() -> None:
    found = _read(*_printed(_span(1)), "\0" * 40, *_printed(_span(2)))

    assert _count(found, "broken_document") == 1
    assert len(_tokens(found)) == 2


def test_a_line_of_another_thread_inside_a_span_costs_nothing_else() -> None:
    lines = _printed(_span(1))[0].split("\n")
    found = _read("\n".join([*lines[:5], "working on it", *lines[5:]]), *_printed(_span(2)))

    assert _tokens(found) == [10, 20]
    assert _count(found, "joined_lines") == 1


@pytest.mark.parametrize("kept", range(1, 50, 3))
def test_a_span_that_is_cut_off_costs_no_other(kept: int) -> None:
    first, second, third = _printed(_span(1), _span(2), _span(3))
    torn = "\n".join(second.split("\n")[:kept])
    found = _read(first, torn, third)

    whole = kept >= len(second.split("\n"))
    assert _tokens(found) == ([10, 20, 30] if whole else [10, 30])
    assert _count(found, "broken_document") == (not whole)


def test_spans_on_lines_that_were_joined_or_follow_a_lone_bracket_are_all_read() -> None:
    one, two, three = (json.dumps(_span(number)) for number in (1, 2, 3))
    found = _read(one + two, "{", three)

    assert _tokens(found) == [10, 20, 30]
    assert found.findings.keys() == {"broken_document", "span_link"}


def test_older_versions_print_the_resource_flat() -> None:
    found = _read(*_printed(_span(1, resource={"service.name": "s"}, status="StatusCode.OK")))
    assert _tokens(found) == [10]


def test_other_json_with_spans_is_not_claimed() -> None:
    for other in ({"context": {"trace_id": "ab" * 16}, "start_time": "x", "parent_id": None}, {"a": TRACE}):
        with pytest.raises(Exception, match="no known format"):
            recognise(Source("x", json.dumps(other, indent=4).encode()))
