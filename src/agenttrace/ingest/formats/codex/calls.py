"""Calls of tools: made in an answer, answered in its own time, and what events say of their execution."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.codex.collected import Call, Rollout, Run
from agenttrace.ingest.formats.codex.known import APPROVALS, BEGINNINGS, COMPLETED, ENDS
from agenttrace.ingest.formats.codex.lane import Lane
from agenttrace.ingest.formats.codex.lines import EVENT, ITEM, Record
from agenttrace.ingest.formats.codex.outputs import read_outcome
from agenttrace.model.vocabulary import Status

CALLS = frozenset(
    f"{ITEM}/{name}" for name in ("function_call", "custom_tool_call", "local_shell_call", "tool_search_call")
)
RESULTS = frozenset(
    f"{ITEM}/{name}"
    for name in (
        "function_call_output",
        "custom_tool_call_output",
        "local_shell_call_output",
        "tool_search_output",
    )
)
_SERVED = {f"{ITEM}/web_search_call": "web_search", f"{ITEM}/image_generation_call": "image_generation"}
_NAMES = {f"{ITEM}/local_shell_call": "local_shell", f"{ITEM}/tool_search_call": "tool_search"}
_MCP_END = f"{EVENT}/mcp_tool_call_end"


class Calls:
    """The calls of one thread. `strays`: results of calls that are not in the file."""

    def __init__(self, rollout: Rollout, lane: Lane) -> None:
        """None yet."""
        self._rollout = rollout
        self._lane = lane
        self._running: dict[str, Call] = {}
        self.strays = 0

    def call(self, record: Record, run: Run, *, asks: bool) -> None:
        """A call in an answer."""
        call = self._new(record, _NAMES.get(record.kind) or _name(record.body), run)
        call.asks = asks
        self._running[call.id] = call

    def served(self, record: Record) -> None:
        """A tool that the provider ran within the answer: it is over when it is recorded."""
        if record.kind in _SERVED:
            call = self._new(record, _SERVED[record.kind], self._lane.output(record.line, record.t_ns))
            failed = record.body.get("status") in ("failed", "error", "incomplete")
            call.result_ns, call.status = record.t_ns, Status.ERROR if failed else Status.OK

    def result(self, record: Record) -> Call | None:
        """The result of a call, that call; None if it is unknown."""
        call = self._running.pop(fields.text(record.body.get("call_id")) or "", None)
        if call is None:
            self.strays += 1
            self._lane.input(record.t_ns)
            return None
        outcome = read_outcome(record.body)
        call.result_ns = max(record.t_ns, call.called_ns)
        if call.length_ns is None:
            call.length_ns = outcome.length_ns
        if call.status is Status.UNFINISHED or outcome.status is not Status.OK:
            call.status = outcome.status
        if call.asked_ns is not None and call.allowed_ns is None:
            call.allowed_ns = call.result_ns
        self._lane.result(call, record.t_ns)
        return call

    def abort(self, t_ns: int) -> None:
        """The user stopped the turn: calls that run end with it."""
        for call in self._running.values():
            call.result_ns, call.status = max(t_ns, call.called_ns), Status.CANCELLED
        self._running.clear()

    def event(self, record: Record) -> None:
        """An event about a call: a person is asked, it is run, it is done."""
        if record.kind == COMPLETED:
            self._completed(record)
            return
        call = self._rollout.calls.get(fields.text(record.body.get("call_id")) or "")
        if record.kind in APPROVALS and call is not None:
            call.asked_ns = call.asked_ns or record.t_ns
        elif record.kind in BEGINNINGS and call is not None:
            call.begun_ns = call.begun_ns or record.t_ns
            self._allow(call, record.t_ns)
        elif record.kind in ENDS and call is not None:
            self._done(call, record, record.body)
        elif record.kind == _MCP_END:
            self._nested(record)

    def _completed(self, record: Record) -> None:
        """An item of the program's own; one with the id of a call says how that ended."""
        item = record.body.get("item")
        if isinstance(item, dict):
            call = self._rollout.calls.get(fields.text(item.get("id")) or "")
            if call is not None:
                self._done(call, record, item)

    def _done(self, call: Call, record: Record, told: dict[str, Any]) -> None:
        length_ns = _length(told)
        if length_ns is not None:
            call.length_ns, call.done_ns = length_ns, record.t_ns
            self._allow(call, record.t_ns - length_ns)
        failed = told.get("status") in ("failed", "declined") or told.get("success") is False
        if failed or fields.integer(told.get("exit_code")):
            call.status = Status.ERROR

    def _allow(self, call: Call, t_ns: int) -> None:
        if call.asked_ns is not None and call.allowed_ns is None:
            call.allowed_ns = max(t_ns, call.asked_ns)

    def _nested(self, record: Record) -> None:
        """A tool that a script called: the one script that runs, if it is one."""
        length_ns, running = _length(record.body), list(self._running.values())
        outer = running[0] if len(running) == 1 else None
        call = self._new(record, _mcp_name(record.body), outer.run if outer else None)
        call.inside, call.result_ns, call.status = outer, record.t_ns, Status.OK
        if length_ns is not None:
            call.length_ns, call.done_ns = length_ns, record.t_ns
            call.called_ns = record.t_ns - length_ns

    def _new(self, record: Record, name: str, run: Run | None) -> Call:
        body = record.body
        name_of_call = fields.text(body.get("call_id")) or fields.text(body.get("id")) or f"at {record.t_ns}"
        if name_of_call in self._rollout.calls:
            name_of_call = f"{name_of_call} again {len(self._rollout.calls)}"
        call = Call(name_of_call, record.line, name, record.t_ns, run)
        self._rollout.calls[name_of_call] = call
        if run is not None and record.kind != _MCP_END:
            run.calls.append(call)
        return call


def _name(body: dict[str, Any]) -> str:
    return fields.text(body.get("name")) or "tool"


def _mcp_name(body: dict[str, Any]) -> str:
    invocation = body.get("invocation")
    told = invocation if isinstance(invocation, dict) else {}
    parts = [text for key in ("server", "tool") if (text := fields.text(told.get(key)))]
    return ".".join(parts) or "mcp"


def _length(told: dict[str, Any]) -> int | None:
    """How long it ran: whole seconds and the rest apart, or milliseconds."""
    stated = told.get("duration")
    if isinstance(stated, dict):
        seconds, rest = fields.duration_from_s(stated.get("secs")), fields.count(stated.get("nanos")) or 0
        return None if seconds is None else seconds + rest
    return fields.duration_from_ms(told.get("duration_ms"))
