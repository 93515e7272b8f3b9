"""Records the lanes of a trace: requests, the calls of tools between them, and subagents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agenttrace.ingest.formats.weka.requests import Request, Subagent
from agenttrace.ingest.formats.weka.times import Reading
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.rows import Link, WorkloadRows
from agenttrace.model.vocabulary import Evidence, LinkKind, Purpose, Severity, SpanKind, Trigger

_MAIN = "main"


class About(NamedTuple):
    """A trace: its session's key, its line, how its times are read. `timed`: its requests have lengths."""

    key: str
    line: int
    reading: Reading
    block_tokens: int
    timed: bool


class Lanes:
    """Writes one trace into a recorder."""

    def __init__(self, recorder: Recorder, rows: WorkloadRows, about: About) -> None:
        """`rows` writes into the same recorder."""
        self._recorder = recorder
        self._rows = rows
        self._key, self._line, self._reading, self._block_tokens, self._timed = about

    def record(self, requests: Sequence[Request], subagents: Sequence[Subagent]) -> None:
        """The main agent's lane, and those below it."""
        self._recorder.agent(session_key=self._key, agent_key=_MAIN, main=True)
        self._record_lane(_MAIN, requests, subagents, 0)

    def _record_lane(
        self, lane: str, requests: Sequence[Request], subagents: Sequence[Subagent], base_ns: int
    ) -> None:
        for request in requests:
            self._record_request(lane, request, base_ns)
        gaps = self._record_gaps(lane, requests, base_ns)
        for subagent in subagents:
            self._record_subagent(lane, subagent, base_ns, gaps)

    def _record_request(self, lane: str, request: Request, base_ns: int) -> None:
        span_key = f"request:{request.place}"
        start_ns = base_ns + request.start_ns
        self._rows.request(
            self._key,
            span_key,
            self._line,
            start_ns,
            evidence=Evidence.DERIVED if base_ns else Evidence.MEASURED,
            length_ns=request.length_ns,
            agent_key=lane,
            model=request.model,
            input_tokens=request.input_tokens,
            output_tokens=request.output_tokens,
            status=request.status,
            trigger=request.trigger,
            **_first_token(request, start_ns),
        )
        if request.hashes is not None:
            self._rows.prefix(self._key, span_key, self._block_tokens, request.hashes)

    def _record_gaps(
        self, lane: str, requests: Sequence[Request], base_ns: int
    ) -> list[tuple[int, int, str]]:
        """Of each gap in which tools ran its start, its end, and the key of the span that is made of it."""
        gaps: list[tuple[int, int, str]] = []
        last: Request | None = None
        for request in requests:
            if last is not None and not self._timed:
                keys = f"request:{last.place}", f"request:{request.place}"
                self._rows.wait(self._key, Link(*keys, LinkKind.CONTINUES, "think_time", request.think_ns))
            if last is not None and self._timed and _asks_for_tools(last, request):
                begin_ns, end_ns = base_ns + last.end_ns, base_ns + request.start_ns
                gaps.append((begin_ns, end_ns, f"tool:{last.place}"))
                self._rows.tool(
                    self._key, gaps[-1][2], self._line, begin_ns, end_ns - begin_ns, agent_key=lane
                )
            if last is None or request.end_ns >= last.end_ns:
                last = request
        if gaps:
            example = "from an answer that asks for tools to the next request: taken as tools, with the program's time"
            self._recorder.finding(
                "tools_from_gaps", Severity.INFO, example, line=self._line, count=len(gaps)
            )
        return gaps

    def _record_subagent(
        self, parent: str, subagent: Subagent, base_ns: int, gaps: Sequence[tuple[int, int, str]]
    ) -> None:
        begun_ns = base_ns + self._reading.start_ns(subagent)
        lane = f"agent:{subagent.place}"
        call = next((key for low, high, key in gaps if low <= begun_ns < high), None)
        self._recorder.agent(
            session_key=self._key,
            agent_key=lane,
            parent_agent_key=parent,
            source_id=subagent.agent_id,
            type=subagent.type,
            background=subagent.launched,
            spawn_key=call,
        )
        if subagent.length_ns is not None and self._timed:
            self._record_extent(lane, call, subagent, begun_ns, subagent.length_ns)
        inside_ns = begun_ns if self._reading.relative else 0
        self._record_lane(lane, subagent.requests, subagent.subagents, inside_ns)

    def _record_extent(
        self, lane: str, call: str | None, subagent: Subagent, begun_ns: int, length_ns: int
    ) -> None:
        ends = self._reading.marks_ends
        start, end = (Evidence.DERIVED, Evidence.MEASURED) if ends else (Evidence.MEASURED, Evidence.DERIVED)
        self._recorder.span(
            session_key=self._key,
            span_key=f"agent-span:{subagent.place}",
            parent_key=call,
            agent_key=lane,
            line=self._line,
            kind=SpanKind.AGENT.value,
            purpose=Purpose.TURN.value,
            start_ns=begun_ns,
            end_ns=begun_ns + length_ns,
            start_evidence=start.value,
            end_evidence=end.value,
        )


def _asks_for_tools(last: Request, following: Request) -> bool:
    answered = following.trigger in (Trigger.TOOL_RESULT, None)
    return last.stop == "tool_use" and answered and following.start_ns > last.end_ns


def _first_token(request: Request, start_ns: int) -> dict[str, object]:
    if request.first_token_ns is None:
        return {}
    known: dict[str, object] = {
        "first_token_ns": start_ns + request.first_token_ns,
        "first_token_evidence": Evidence.DERIVED.value,
    }
    if request.length_ns is not None:
        known["decode_ns"] = request.length_ns - request.first_token_ns
        known["decode_evidence"] = Evidence.DERIVED.value
    return known
