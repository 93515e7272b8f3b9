"""When a tool ran: between its call in the answer and its result in a reply lies more than its execution.

Up to 2.1.29 calls were run once the answer was complete, later ones while it still streams. A call that
must wait for another is run after it: its first hook tells when. A stated length is the last part of the
time to the result: six calls emitted over 15 s and run together all began, reckoned so, within 26 ms of
each other (2.0.76), and single calls leave 1 to 60 ms before it.
"""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Result, Tool, Transcript
from agenttrace.ingest.formats.claude_code.places import Recorders
from agenttrace.ingest.formats.claude_code.versions import version_numbers
from agenttrace.model.vocabulary import Evidence, Severity

AGREEMENT_NS = 50_000_000
"""A stated length may be so much longer than what the time stamps allow."""

_STREAMED_SINCE = (2, 1, 30)
_BOUNDED, _MEASURED = Evidence.BOUNDED, Evidence.MEASURED


def settle_tools(transcript: Transcript, recorders: Recorders) -> None:
    """Start, end and length of every call with a result; the others keep an open end."""
    after_hooks = _after_hooks(transcript)
    for tool in transcript.tools.values():
        result = transcript.results.get(tool.id)
        tool.start_ns = tool.emitted_ns
        if result is None or result.t_ns == UNKNOWN:
            continue
        tool.end_ns = max(result.t_ns, tool.emitted_ns)
        if result.t_ns < tool.emitted_ns:
            what = "a result before its call: taken as of no length"
            recorders.finding("negative_duration", Severity.WARNING, what, tool.place)
            continue
        executed = min(after_hooks.get(tool.id, tool.end_ns), tool.end_ns)
        tool.executed_ns = _length(tool, result, executed, recorders)
        began = executed - tool.executed_ns if tool.executed_ns is not None else None
        tool.start_ns = _start(transcript, tool, began)


def evidence(tool: Tool) -> tuple[Evidence, Evidence]:
    """Of start and end: measured where the stated length fills the whole of it."""
    if tool.end_ns == UNKNOWN:
        return _BOUNDED, Evidence.UNKNOWN
    if tool.executed_ns is not None and tool.end_ns - tool.start_ns - tool.executed_ns <= AGREEMENT_NS:
        return _MEASURED, _MEASURED
    return _BOUNDED, _BOUNDED


def _after_hooks(transcript: Transcript) -> dict[str, int]:
    """When the hooks after each tool began, for tools that have measured ones."""
    began: dict[str, int] = {}
    for hook in transcript.hooks:
        if hook.event.startswith("PostToolUse") and hook.tool_id and hook.duration_ns is not None:
            start = hook.node.t_ns - hook.duration_ns
            tool = transcript.tools.get(hook.tool_id)
            if tool is not None and start >= tool.emitted_ns:
                began[hook.tool_id] = min(start, began.get(hook.tool_id, start))
    return began


def _length(tool: Tool, result: Result, executed_ns: int, recorders: Recorders) -> int | None:
    length = result.duration_ns
    if length is None or result.launched:
        return None
    possible = executed_ns - tool.emitted_ns
    if length > possible + AGREEMENT_NS:
        what = "a stated length that does not fit between call and result: not used"
        recorders.finding("duration_disagrees", Severity.INFO, what, tool.place)
        return None
    return min(length, possible)


def _start(transcript: Transcript, tool: Tool, began_ns: int | None) -> int:
    """The first sign of it: its first hook, or the end of the answer where that was waited for."""
    hooked = transcript.hooked_ns.get(tool.id, UNKNOWN)
    if tool.emitted_ns <= hooked <= tool.end_ns:
        return hooked
    answered = min(tool.answer.last_ns, tool.end_ns)
    if began_ns is not None:
        return max(tool.emitted_ns, min(began_ns, answered))
    if answered > tool.emitted_ns and not _streams(transcript, tool):
        return answered
    return tool.emitted_ns


def _streams(transcript: Transcript, tool: Tool) -> bool:
    """Whether calls of this answer were run before it was complete."""
    version = version_numbers(tool.answer.version)
    if version is None or version >= _STREAMED_SINCE:
        return True
    results = (transcript.results.get(other.id) for other in transcript.tools_of[tool.answer.key])
    return any(result is not None and UNKNOWN < result.t_ns < tool.answer.last_ns for result in results)
