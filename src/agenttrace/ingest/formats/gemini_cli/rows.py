"""Rows of a chat: requests between what they answer and what they said, calls after the answer that made them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from agenttrace.ingest.cause import Cause, link_results
from agenttrace.ingest.formats.gemini_cli.calls import write_calls
from agenttrace.ingest.formats.gemini_cli.conversation import Conversation
from agenttrace.ingest.formats.gemini_cli.messages import SNAPSHOT, Message
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
)

_TOGETHER_NS = 5_000_000
"""A message that was recorded for its calls bears their time, but for a few milliseconds."""


def write_conversation(said: Conversation, recorder: Recorder) -> None:
    """Session, lane, spans, marks and links."""
    session_key = f"gemini:{said.session_id}"
    lane = f"{said.session_id}:main"
    if said.subagent:
        lane = agent_key(said.session_id)
        recorder.agent(session_key=session_key, agent_key=lane, main=False, source_id=said.session_id)
    else:
        recorder.agent(session_key=session_key, agent_key=lane, main=True)
    rows = _Rows(recorder, session_key, lane)
    for message in said.messages:
        rows.take(message)
    recorder.session(
        session_key=session_key, source_id=said.session_id, first_prompt_fingerprint=rows.fingerprint
    )


def agent_key(session_id: str) -> str:
    """The lane of a subagent, from the id that its own chat and the call that ran it have in common."""
    return f"agent:{session_id}"


@dataclass(slots=True)
class _Rows:
    recorder: Recorder
    session_key: str
    lane: str
    cause: Cause = field(default_factory=Cause)
    latest: tuple[str, int | None] | None = None
    working: bool = False
    """Whether the answer before called tools: the agent goes on by itself."""
    compaction: str | None = None
    fingerprint: str | None = None

    def take(self, message: Message) -> None:
        """One message, in its order."""
        if message.speaker == "user":
            self._take_user(message)
        elif message.speaker == "gemini":
            self._take_answer(message)
        elif message.speaker == "error":
            what = "an error shown to the user: which request it ended is not stated"
            self.recorder.finding("error_message", Severity.INFO, what, line=message.line)
        elif message.speaker not in {"info", "warning"}:
            what = "a message of nobody that is known"
            self.recorder.finding("unknown_record", Severity.WARNING, what, line=message.line)

    def _take_user(self, message: Message) -> None:
        if message.carries_results:
            self.cause.result(message.t_ns, None)
        elif SNAPSHOT in message.said:
            self._compaction(message)
        else:
            self.cause.ask(message.t_ns)
            if self.fingerprint is None and message.said and self.latest is None:
                self.fingerprint = hashlib.sha256(message.said.encode(errors="replace")).hexdigest()

    def _take_answer(self, message: Message) -> None:
        silent = not (message.said or message.thought or message.tokens)
        if silent and message.calls and self.latest and not self.cause.fresh:
            key, end_ns = self.latest
        elif message.model or message.tokens or message.thought or message.calls:
            key, end_ns = self._request(message)
        else:
            what = "an answer that the program wrote itself, after it rewrote the history"
            self.recorder.finding("synthetic_message", Severity.INFO, what, line=message.line)
            return
        write_calls(self.recorder, (self.session_key, self.lane), message, (key, end_ns), self.cause)
        self.latest, self.working = (key, end_ns), bool(message.calls)

    def _request(self, message: Message) -> tuple[str, int | None]:
        key = f"message:{message.id}"
        end_ns, end_evidence = _end(message, self.cause.start_before(message.t_ns)[0])
        start_ns, start_evidence = self.cause.start_before(end_ns)
        tokens = message.tokens
        self.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane,
            line=message.line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=start_evidence,
            end_evidence=end_evidence,
            status=Status.OK,
            model=message.model,
            trigger=self.cause.trigger,
            input_tokens=tokens.given if tokens else None,
            cache_read_tokens=tokens.cached if tokens else None,
            output_tokens=_sum(tokens.output, tokens.thoughts) if tokens else None,
            reasoning_tokens=tokens.thoughts if tokens else None,
            output_quality=TokenQuality.FINAL if tokens and tokens.output is not None else None,
        )
        self._mark_first_thought(message, key, start_ns, end_ns)
        link_results(self.recorder, self.session_key, self.cause.results, key, "functionResponse")
        self._continue(key)
        self.cause.answered(end_ns)
        return key, end_ns

    def _continue(self, key: str) -> None:
        """The first request after a compaction reads its summary."""
        if self.compaction is not None:
            self.recorder.link(
                session_key=self.session_key,
                from_key=self.compaction,
                to_key=key,
                kind=LinkKind.CONTINUES,
                explicit=True,
                rule="state_snapshot",
            )
            self.compaction = None

    def _mark_first_thought(
        self, message: Message, key: str, start_ns: int | None, end_ns: int | None
    ) -> None:
        """Versions that note thoughts as they come; later ones note all of them at the end."""
        first = min(message.thoughts_ns, default=None)
        if first is None or start_ns is None or end_ns is None or not start_ns <= first < end_ns:
            return
        self.recorder.mark(
            session_key=self.session_key,
            span_key=key,
            kind=MarkKind.FIRST_BLOCK,
            t_ns=first,
            evidence=Evidence.MEASURED,
        )

    def _compaction(self, message: Message) -> None:
        """The history was replaced then; the work on the summary began after what was done before.

        Where the agent had finished its turn, it began with the user's next prompt or command, at a time
        that is not stated: until then the user was waited for.
        """
        before_ns, _ = self.cause.start_before(message.t_ns)
        if before_ns is not None and not self.working and not self.cause.fresh:
            self._user_wait(before_ns, message)
            before_ns = None
        self.compaction = f"compaction:{message.id}"
        self.recorder.span(
            session_key=self.session_key,
            span_key=self.compaction,
            agent_key=self.lane,
            line=message.line,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=before_ns,
            end_ns=message.t_ns,
            start_evidence=Evidence.BOUNDED if before_ns is not None else Evidence.UNKNOWN,
            end_evidence=Evidence.UNKNOWN if message.t_ns is None else Evidence.MEASURED,
        )
        self.cause.reach(message.t_ns)

    def _user_wait(self, before_ns: int, message: Message) -> None:
        self.recorder.span(
            session_key=self.session_key,
            span_key=f"wait:{message.id}",
            agent_key=self.lane,
            line=message.line,
            kind=SpanKind.USER_WAIT,
            purpose=Purpose.TURN,
            start_ns=before_ns,
            end_ns=message.t_ns,
            start_evidence=Evidence.DERIVED,
            end_evidence=Evidence.BOUNDED,
        )


def _end(message: Message, ready_ns: int | None) -> tuple[int | None, Evidence]:
    """When the answer was complete; for one that was recorded with its calls, when the last was read."""
    if message.t_ns is None:
        return None, Evidence.UNKNOWN
    done = [call.done_ns for call in message.calls if call.done_ns is not None]
    if message.said or not done or abs(max(done) - message.t_ns) > _TOGETHER_NS:
        return message.t_ns, Evidence.MEASURED
    signs = [call.emitted_ns for call in message.calls if call.emitted_ns is not None]
    signs += message.thoughts_ns
    within = [t_ns for t_ns in signs if (ready_ns or 0) <= t_ns <= message.t_ns]
    return max(within, default=message.t_ns), Evidence.BOUNDED


def _sum(output: int | None, thoughts: int | None) -> int | None:
    return None if output is None else output + (thoughts or 0)
