"""Calls of one tool that begin together, told by two sources: each is one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import agenttrace
from contract.trace_files import SAMPLES

NS = 1_767_225_600_000_000_000
MS = 10**6


def _line(span: str, kind: str, start_ms: int, end_ms: int, **facts: Any) -> dict[str, Any]:
    times = {"start": NS + start_ms * MS, "end": NS + end_ms * MS}
    place = {} if kind == "agent" else {"parent": "a"}
    return {"session": "s", "span": span, "kind": kind, **times, **place, **facts}


def _requests() -> list[dict[str, Any]]:
    told = {"model": "m", "input_tokens": 911, "output_tokens": 77}
    return [
        _line("a", "agent", 0, 2500, main=True),
        _line("r1", "request", 0, 1000, request_id="req-1", **told),
        _line("r2", "request", 1500, 2500, request_id="req-2", **{**told, "input_tokens": 1913}),
    ]


def test_as_many_in_both_are_as_many_together(tmp_path: Path) -> None:
    """Five begin in one millisecond; three of them end at once, and one a little later than in the other view."""
    ends = (1000, 1000, 1000, 1088, 1174)
    calls = [_line(f"t{i}", "tool", 1000, end, name="exec") for i, end in enumerate(ends)]
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text("\n".join(map(json.dumps, [*_requests(), *calls])))
    second.write_bytes(agenttrace.export(str(first), "otlp"))

    trace = agenttrace.read([str(first), str(second)])
    kinds = trace.spans["kind"].to_pylist()

    assert (trace.sessions.num_rows, kinds.count("request"), kinds.count("tool")) == (1, 2, 5)


def test_calls_of_a_source_that_knows_no_agents_are_those_of_the_agents(tmp_path: Path) -> None:
    """Two of the calls run side by side in two subagents, and nothing but their times tells that."""
    transcript = SAMPLES / "claude-code" / "33min.jsonl"
    alone = agenttrace.read(str(transcript))
    told = [row for row in alone.spans.to_pylist() if row["kind"] in ("request", "tool")]
    facts = ("kind", "name", "model", "input_tokens", "output_tokens")
    flat = [
        {"session": "flat", "span": f"f{n}", "start": row["start_ns"], "end": row["end_ns"]}
        | {name: row[name] for name in facts if row[name] is not None}
        for n, row in enumerate(told)
    ]
    (tmp_path / "flat.jsonl").write_text("\n".join(map(json.dumps, flat)))

    trace = agenttrace.read([str(transcript), str(tmp_path / "flat.jsonl")])

    def kept(of: Any) -> list[tuple[Any, ...]]:
        rows = (row for row in of.spans.to_pylist() if row["kind"] in ("request", "tool"))
        return sorted((row["kind"], row["name"] or "", row["agent"], row["start_ns"]) for row in rows)

    assert trace.sessions.num_rows == 1
    assert kept(trace) == kept(alone)
