"""Applied Compute's agentic workloads: one line a session, with the lengths of its turns and of its tool calls.

A session asks `num_turns` times, gets an answer each time, runs a tool whose result is put behind the answer,
and asks once more for the final answer. Latencies are seconds. There are no block hashes and no arrivals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload.rows import Link, Values, WorkloadRows
from agenttrace.model.vocabulary import Evidence, HashScope, LinkKind, Severity

_MOST_TURNS = 100_000

_Turn = tuple[int | None, int | None, int | None]
"""The answer's tokens, the tool result's tokens, the tool's time in ns; None: unknown, or the final answer."""


def read_sessions(source: Source, recorder: Recorder) -> None:
    """One session for each line: its requests, and a tool call between each two of them."""
    rows = WorkloadRows(recorder, HashScope.SOURCE)
    seen: Counter[str] = Counter()
    for line, value in read_lines(source, recorder):
        turns = _turns(recorder, value, line) if isinstance(value, dict) else None
        if turns is None:
            example = "a line that is no session with its turns: left out"
            recorder.finding("record_unusable", Severity.WARNING, example, line=line)
            continue
        digest = blake2b(repr(turns).encode(), digest_size=12).hexdigest()
        seen[digest] += 1
        again = "" if seen[digest] == 1 else f".{seen[digest]}"
        _record(rows, f"applied-compute:{digest}{again}", turns, line)


def _turns(recorder: Recorder, row: Mapping[str, Any], line: int) -> tuple[int | None, list[_Turn]] | None:
    """The first prompt's tokens, and the turns; the number of answers says how many there are."""
    values = Values(recorder, row, line)
    answers = row.get("assistant_response_length")
    if type(answers) is not list or len(answers) > _MOST_TURNS:
        return None
    results, latencies = (
        _as_long(values, row, name, len(answers)) for name in ("tool_call_output_length", "tool_call_latency")
    )
    if (stated := values.count("num_turns")) is not None and stated != len(answers):
        values.unusable("num_turns", "the number of answers")
    turns: list[_Turn] = [
        (
            _checked(values, "assistant_response_length", answer, fields.count(answer)),
            _checked(values, "tool_call_output_length", result, fields.count(result)),
            _checked(values, "tool_call_latency", latency, fields.duration_from_s(latency)),
        )
        for answer, result, latency in zip(answers, results, latencies, strict=True)
    ]
    final = values.count("final_assistant_response_length")
    return values.count("input_prompt_length"), [*turns, (final, None, None)]


def _as_long(values: Values, row: Mapping[str, Any], name: str, length: int) -> list[Any]:
    found = row.get(name)
    if type(found) is not list or len(found) != length:
        values.unusable(name, "a list with an item for each answer")
        found = found if type(found) is list else []
    return [*found[:length], *[None] * (length - len(found))]


def _checked(values: Values, name: str, value: Any, read: int | None) -> int | None:
    if read is None and value is not None:
        values.unusable(name, "a list of lengths")
    return read


def _record(rows: WorkloadRows, key: str, session: tuple[int | None, list[_Turn]], line: int) -> None:
    prompt, turns = session
    rows.session(key, None)
    start_ns, before = 0, None
    for number, (answer, result, tool_ns) in enumerate(turns):
        request, tool = f"request:{number:06}", f"tool:{number:06}"
        rows.request(
            key, request, line, start_ns, evidence=Evidence.BOUNDED, input_tokens=prompt, output_tokens=answer
        )
        if before is not None:
            rows.wait(key, Link(before, request, LinkKind.FEEDS, "tool_call_latency", 0))
        if number == len(turns) - 1:
            return
        rows.tool(key, tool, line, start_ns, tool_ns or 0, tool_output_tokens=result)
        rows.wait(key, Link(request, tool, LinkKind.FEEDS, "tool_call_latency", 0))
        start_ns, before = start_ns + (tool_ns or 0), tool
        known = None not in (prompt, answer, result)
        prompt = (prompt or 0) + (answer or 0) + (result or 0) if known else None
