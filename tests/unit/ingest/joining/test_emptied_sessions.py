"""A run of which another one tells all: it is no session of its own, whatever else is said of it."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind

NS = 1_767_225_600_000_000_000
MS = 10**6


def _source(name: str, *spans: tuple[str, str, int, int | None]) -> ReadSource:
    recorder = Recorder()
    recorder.agent(session_key="x:s", agent_key="helper", main=False)
    for key, kind, start_ms, end_ms in spans:
        told: dict[str, Any] = {"request_id": "r"} if kind == SpanKind.REQUEST else {}
        recorder.span(
            session_key="x:s",
            span_key=key,
            agent_key="helper",
            kind=kind,
            purpose=Purpose.TURN,
            start_ns=NS + start_ms * MS,
            end_ns=None if end_ms is None else NS + end_ms * MS,
            start_evidence=Evidence.BOUNDED,
            end_evidence=Evidence.UNKNOWN if end_ms is None else Evidence.MEASURED,
            **told,
        )
    return ReadSource(name, "codex", 1, recorder.trace())


def test_an_agent_without_any_work_left_makes_no_session() -> None:
    """Two runs by their times; the one request of the first is one of the second's, by its id."""
    alone = _source("a", ("one", SpanKind.REQUEST, 3035, 3035))
    whole = _source(
        "b",
        ("one", SpanKind.REQUEST, 1566, 3035),
        ("other", SpanKind.REQUEST, 0, 1566),
        ("call", SpanKind.TOOL, 3035, None),
    )

    trace = assemble([alone, whole])

    assert [row["sources"] for row in trace.sessions.to_pylist()] == [[1]]
    assert trace.spans["kind"].to_pylist().count("request") == 2
