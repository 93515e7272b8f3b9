"""When a tool ran, and when a person was waited for in it.

A call is recorded when it is made, which is while the answer still streams, and is run at once. Its result
is recorded in the order of the calls, after the answer is complete: neither is its execution. Where that is
told it counts; where its length is stated, what else lies between call and result tells of approvals: in
sessions that never ask it is below a second, in those that do it is up to a quarter of an hour.
"""

from __future__ import annotations

from typing import NamedTuple

from agenttrace.ingest.formats.codex.collected import Call
from agenttrace.model.vocabulary import Evidence

AGREEMENT_NS = 50_000_000
_TOGETHER_NS = 5_000_000
_APPROVAL_NS = 2 * 10**9
_QUESTIONS = frozenset({"request_user_input"})
_POLLS = frozenset({"wait", "wait_agent", "write_stdin"})


class Wait(NamedTuple):
    """A person was waited for."""

    start_ns: int
    end_ns: int
    evidence: Evidence


class Execution(NamedTuple):
    """The bounds of a call. `disagrees`: a length was stated that does not fit."""

    start_ns: int
    end_ns: int | None
    start: Evidence = Evidence.BOUNDED
    end: Evidence = Evidence.BOUNDED
    disagrees: bool = False


def find_execution(call: Call, before: Call | None) -> Execution:
    """When a call ran; `before` is the one whose result came before it, among those of its answer."""
    end_ns = call.result_ns if call.result_ns is not None else call.done_ns
    if end_ns is None:
        return Execution(call.called_ns, None, end=Evidence.UNKNOWN)
    if call.inside is not None and call.length_ns is not None:
        start_ns = min(max(call.called_ns, call.inside.called_ns), end_ns)
        return Execution(start_ns, end_ns, Evidence.MEASURED, Evidence.MEASURED)
    if call.done_ns is not None and call.length_ns is not None:
        return _told(call, call.done_ns, call.length_ns, end_ns)
    if call.begun_ns is not None:
        return Execution(min(max(call.begun_ns, call.called_ns), end_ns), end_ns, start=Evidence.MEASURED)
    if call.length_ns is not None:
        return _stated(call, call.length_ns, end_ns, before)
    return Execution(call.called_ns, end_ns)


def _stated(call: Call, length_ns: int, end_ns: int, before: Call | None) -> Execution:
    """The result states a length, and nothing tells where in the call it lies."""
    spare_ns = end_ns - call.called_ns - length_ns
    if spare_ns < -AGREEMENT_NS:
        return Execution(call.called_ns, end_ns, disagrees=True)
    if spare_ns <= AGREEMENT_NS:
        return Execution(call.called_ns, end_ns, Evidence.MEASURED, Evidence.MEASURED)
    held_up = (
        before is not None and before.result_ns is not None and end_ns - before.result_ns <= _TOGETHER_NS
    )
    return Execution(call.called_ns, call.called_ns + length_ns if held_up else end_ns)


def _told(call: Call, done_ns: int, length_ns: int, end_ns: int) -> Execution:
    """An event tells the end and the length. A command may run on after its call had a result."""
    began_ns = done_ns - length_ns
    if began_ns < call.called_ns - AGREEMENT_NS or began_ns > end_ns:
        return Execution(call.called_ns, end_ns, disagrees=True)
    start_ns = min(max(began_ns, call.called_ns), end_ns)
    if done_ns <= end_ns:
        return Execution(start_ns, max(done_ns, start_ns), Evidence.MEASURED, Evidence.MEASURED)
    return Execution(start_ns, end_ns, Evidence.MEASURED)


def find_wait(call: Call, before: Call | None) -> Wait | None:
    """When a person was waited for in a call: told, by its nature, or the time that nothing else explains."""
    end_ns = call.result_ns
    if call.asked_ns is not None:
        until_ns = call.allowed_ns if call.allowed_ns is not None else end_ns
        told = until_ns is not None and until_ns > call.asked_ns
        return Wait(call.asked_ns, until_ns, Evidence.MEASURED) if told and until_ns is not None else None
    if end_ns is None:
        return None
    if call.name in _QUESTIONS:
        return Wait(call.called_ns, end_ns, Evidence.BOUNDED) if end_ns > call.called_ns else None
    if not call.asks or call.length_ns is None or call.run is None or call.name in _POLLS:
        return None
    done_ns = min(call.done_ns, end_ns) if call.done_ns is not None else end_ns
    ready_ns = max(call.called_ns, call.run.last_ns, (before.result_ns or 0) if before else 0)
    began_ns = done_ns - call.length_ns
    return Wait(ready_ns, began_ns, Evidence.BOUNDED) if began_ns - ready_ns >= _APPROVAL_NS else None
