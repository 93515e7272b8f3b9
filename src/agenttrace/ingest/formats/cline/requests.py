"""The request that is running, what failed before it, and the tool that its answer called last."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.formats.cline.messages import Kind, Message
from agenttrace.ingest.formats.cline.usage import read_tokens
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    Purpose,
    SpanKind,
    Status,
    TokenQuality,
    Trigger,
)

_CANCELLED = {"user_cancelled": Status.CANCELLED, "streaming_failed": Status.ERROR}


@dataclass(slots=True)
class _Open:
    """A request. `shown_ns`: when the first and the last thing of its answer were shown.

    `failed`: what its attempt failed with, as long as nothing shows that another one was made.
    """

    message: Message
    key: str
    start_ns: int
    trigger: Trigger
    attempt: int = 1
    shown_ns: tuple[int, int] | None = None
    failed: Message | None = None
    tools: list[tuple[str, Message, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class Requests:
    """Those of one task. `question`: the user was asked something, so what comes next answers that."""

    reader: FieldReader
    session_key: str
    lane: str
    answered_ns: Sequence[int]
    cause: Cause = field(default_factory=Cause)
    question: bool = False
    compaction: str | None = None
    failed_ns: int | None = None
    ended_ns: int | None = None
    """When all that was done before the open request had ended."""
    _open: _Open | None = None

    def begin(self, message: Message) -> None:
        """A request is announced; all before it is over."""
        self.close(message.t_ns)
        if self.question:
            self.cause.ask(None)
        self.question = False
        key = f"request:{message.t_ns // 10**6}:{message.line}"
        self._open = _Open(message, key, message.t_ns, self.cause.trigger)
        link_results(self.reader.recorder, self.session_key, self.cause.results, key, "tool result")
        if self.compaction is not None:
            self._link(self.compaction, key, LinkKind.CONTINUES, "condense_context")
            self.compaction = None
        self.cause.answered(message.t_ns)

    def take(self, message: Message) -> None:
        """Something shown, a tool, a retry, the end of a subtask, or a note."""
        if message.kind is Kind.TOOL:
            self.close_tool(message.t_ns)
            self.show(message)
            if self._open is not None:
                key = f"tool:{message.t_ns // 10**6}:{message.line}"
                self._open.tools.append((key, message, None))
        elif message.kind is Kind.OUTPUT:
            self.close_tool(message.t_ns)
            self.show(message)
        elif message.kind in {Kind.RETRY_DELAYED, Kind.FAILED}:
            self._fail(message)
        elif message.kind is Kind.RETRIED:
            self._retry(message)
        elif message.kind is Kind.SUBTASK_RESULT:
            self.close_tool(message.t_ns)

    def show(self, message: Message) -> None:
        """A piece of the answer came."""
        self._try_again()
        if self._open is not None:
            first, _ = self._open.shown_ns or (message.t_ns, message.t_ns)
            self._open.shown_ns = first, message.t_ns

    def condensed(self, key: str, t_ns: int) -> None:
        """The context was made smaller: the request that waited for that is sent now."""
        self._try_again()
        request = self._open
        if request is not None and request.shown_ns is None:
            self._wait_before(request)
            request.start_ns = max(request.start_ns, t_ns)
            self._link(key, request.key, LinkKind.CONTINUES, "condense_context")
        else:
            self.compaction = key
            self.cause.reach(t_ns)

    def _wait_before(self, request: _Open) -> None:
        """For the user, before the compaction: nobody else would find it, since a request follows that."""
        if request.trigger is not Trigger.USER_MESSAGE or self.ended_ns is None:
            return
        if self.ended_ns < request.start_ns:
            key = f"wait:{request.message.t_ns // 10**6}"
            self._write_wait(key, request.message, self.ended_ns, request.start_ns, Evidence.BOUNDED)

    def _write_wait(
        self, key: str, message: Message, start_ns: int, end_ns: int, start_evidence: Evidence
    ) -> None:
        self.reader.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane,
            line=message.line,
            kind=SpanKind.USER_WAIT,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=start_evidence,
            end_evidence=Evidence.MEASURED,
        )

    def close_tool(self, t_ns: int | None) -> None:
        """The last tool ended at that instant at the latest."""
        if self._open is not None and self._open.tools and self._open.tools[-1][2] is None:
            key, message, _ = self._open.tools[-1]
            self._open.tools[-1] = key, message, None if t_ns is None else max(t_ns, message.t_ns)

    def close(self, t_ns: int | None) -> None:
        """The request is over, and so is what it called. `t_ns`: what follows; None: nothing does."""
        request, self._open = self._open, None
        if request is None:
            return
        if request.tools and request.tools[-1][2] is None:
            key, message, _ = request.tools[-1]
            request.tools[-1] = key, message, t_ns
        end_ns, evidence = self._end(request, t_ns)
        self._write(request, end_ns, evidence)
        for key, message, tool_end_ns in request.tools:
            self._write_tool(request.key, key, message, (end_ns, tool_end_ns))
        self.ended_ns = max(
            (ns for ns in (self.ended_ns, end_ns, *(end for *_, end in request.tools)) if ns is not None),
            default=None,
        )
        self.cause.reach(end_ns)

    def _end(self, request: _Open, next_ns: int | None) -> tuple[int | None, Evidence]:
        """When its answer was stored; else not before the last thing that was shown of it; or when it failed."""
        if request.failed is not None:
            return request.failed.t_ns, Evidence.MEASURED
        place = bisect_right(self.answered_ns, request.start_ns)
        stored = self.answered_ns[place] if place < len(self.answered_ns) else None
        last = request.shown_ns[1] if request.shown_ns else None
        if stored is not None and (next_ns is None or stored <= next_ns):
            return (stored, Evidence.MEASURED) if last is None or stored >= last else (last, Evidence.BOUNDED)
        return last, Evidence.UNKNOWN if last is None else Evidence.BOUNDED

    def _write(self, request: _Open, end_ns: int | None, evidence: Evidence) -> None:
        message, told = request.message, request.message.told
        tokens = read_tokens(told)
        first_ns = request.shown_ns[0] if request.shown_ns else None
        fits = first_ns is not None and end_ns is not None and request.start_ns <= first_ns <= end_ns
        ended = Status.ERROR if request.failed is not None else _CANCELLED.get(str(told.get("cancelReason")))
        self._span(
            request,
            key=request.key,
            end_ns=end_ns,
            end_evidence=evidence,
            purpose=Purpose.TURN,
            status=ended or (Status.OK if request.shown_ns or tokens.output else Status.UNFINISHED),
            model=message.model,
            input_tokens=tokens.given,
            cache_read_tokens=tokens.read,
            cache_write_tokens=tokens.written,
            output_tokens=tokens.output,
            output_quality=TokenQuality.FINAL if tokens.output is not None else None,
            first_token_ns=first_ns if fits else None,
            first_token_evidence=Evidence.BOUNDED if fits else None,
        )

    def _span(self, request: _Open, *, key: str, **values: Any) -> None:
        self.reader.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane,
            line=request.message.line,
            kind=SpanKind.REQUEST,
            start_ns=request.start_ns,
            start_evidence=Evidence.BOUNDED,
            attempt=request.attempt,
            trigger=request.trigger,
            **values,
        )

    def _write_tool(
        self, request_key: str, key: str, message: Message, ends: tuple[int | None, int | None]
    ) -> None:
        """It is run when its call is complete: not before it is shown, and mostly when the answer is."""
        answered_ns, end_ns = ends
        start_ns = message.t_ns
        if answered_ns is not None and (end_ns is None or answered_ns <= end_ns):
            start_ns = max(start_ns, answered_ns)
        self.reader.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane,
            line=message.line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=message.tool,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=Evidence.BOUNDED,
            end_evidence=Evidence.UNKNOWN if end_ns is None else Evidence.BOUNDED,
        )
        link_call(self.reader.recorder, self.session_key, request_key, key, "shown call")
        self.cause.result(end_ns, key)

    def _fail(self, message: Message) -> None:
        """An attempt failed, before anything was shown: another follows, by itself or when the user says so.

        It does not where the task is stopped before: an announced retry of Cline, and one that the user is asked
        about, are told of once more when they begin.
        """
        request = self._open
        if request is None or request.shown_ns is not None:
            return
        self._try_again()
        request.failed = message
        if message.kind is not Kind.FAILED and "attempt" not in message.told:
            self._try_again()

    def _try_again(self) -> None:
        """Another attempt is made, after the one that failed."""
        request = self._open
        if request is None or request.failed is None:
            return
        message, request.failed = request.failed, None
        failed_key = f"{request.key}:attempt:{request.attempt}"
        self._span(
            request,
            key=failed_key,
            end_ns=message.t_ns,
            end_evidence=Evidence.MEASURED,
            purpose=Purpose.FAILED_ATTEMPT,
            status=Status.ERROR,
        )
        self._link(failed_key, request.key, LinkKind.RETRIES, "api_req_retry")
        request.start_ns, request.attempt = message.t_ns, request.attempt + 1
        self.failed_ns = message.t_ns if message.kind is Kind.FAILED else None

    def _retry(self, message: Message) -> None:
        """The next attempt begins, of itself after a delay, or as the user was asked whether to, and said so."""
        self._try_again()
        request = self._open
        if request is None:
            return
        if self.failed_ns is None:
            if request.attempt > 1 and request.shown_ns is None:
                request.start_ns = message.t_ns
            return
        start_ns, key = min(self.failed_ns, message.t_ns), f"retry-wait:{message.t_ns // 10**6}"
        self._write_wait(key, message, start_ns, message.t_ns, Evidence.MEASURED)
        request.start_ns, self.failed_ns = message.t_ns, None

    def _link(self, source: str, target: str, kind: LinkKind, rule: str) -> None:
        self.reader.recorder.link(
            session_key=self.session_key, from_key=source, to_key=target, kind=kind, explicit=True, rule=rule
        )
