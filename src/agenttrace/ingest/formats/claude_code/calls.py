"""Tool calls as spans, and the calls that had to wait until another was done."""

from __future__ import annotations

from bisect import bisect_right

from agenttrace.ingest.formats.claude_code.collected import Result, Tool
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.tools import evidence
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Severity, SpanKind, Status

_LATE_NS = 250_000_000
_AT_ONCE = 0.9
_LATER = 0.6
_TOOL, _OK = SpanKind.TOOL, Status.OK


def write_calls(work: Work) -> None:
    """A span for each call; one without a result has no end."""
    results = work.transcript.results
    for tool in work.transcript.tools.values():
        work.rows.spans.append(_span(tool, results.get(tool.id)))
    _link_queued(work)
    _count_strays(work)


def _span(tool: Tool, result: Result | None) -> Span:
    start_evidence, end_evidence = evidence(tool)
    return Span(
        session_key=tool.lane.session_key,
        span_key=tool.key,
        agent_key=tool.lane.agent_key,
        place=tool.place,
        kind=_TOOL,
        name=tool.name,
        call_id=tool.id,
        purpose=tool.lane.purpose,
        start_ns=tool.start_ns or None,
        end_ns=tool.end_ns or None,
        start_evidence=start_evidence,
        end_evidence=end_evidence,
        status=_status(result),
        error="rejected" if result is not None and result.rejected else None,
    )


def _status(result: Result | None) -> Status:
    if result is None:
        return Status.UNFINISHED
    if result.rejected:
        return Status.CANCELLED
    return Status.ERROR if result.is_error else _OK


def _link_queued(work: Work) -> None:
    """A call that its first hook shows to have been run late had to wait for another one of its answer.

    It follows at once, or after the hooks of the other one, whose length early versions do not note.
    """
    hooked_ns = work.transcript.hooked_ns
    ended: dict[str, list[tuple[int, str]]] = {}
    for tool in work.transcript.tools.values():
        if tool.start_ns - tool.emitted_ns <= _LATE_NS or hooked_ns.get(tool.id) != tool.start_ns:
            continue
        if tool.answer.key not in ended:
            calls = work.transcript.tools_of[tool.answer.key]
            ended[tool.answer.key] = sorted((other.end_ns, other.key) for other in calls if other.end_ns)
        ends = ended[tool.answer.key]
        place = bisect_right(ends, tool.start_ns, key=lambda end: end[0])
        if not place:
            continue
        end_ns, key = ends[place - 1]
        if key == tool.key:
            continue
        confidence = _AT_ONCE if tool.start_ns - end_ns <= _LATE_NS else _LATER
        whence = (tool.place, tool.lane.session_key)
        work.rows.infer(whence, key, tool.key, "queued behind", confidence)


def _count_strays(work: Work) -> None:
    for tool_id, result in work.transcript.results.items():
        if tool_id not in work.transcript.tools:
            what = "a tool's result whose call is not in the file"
            work.recorders.finding("stray_result", Severity.INFO, what, result.place, whole=True)
