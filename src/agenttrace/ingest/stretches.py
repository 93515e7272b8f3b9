"""Work that a source tells piece by piece: a model call, a tool call, a scope, on its way to a row.

For formats that say of each piece when it began and ended. What contradicts itself is left out here, with a
finding, so that the formats need not look at it each on their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import (
    Evidence,
    Phase,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
    Trigger,
)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """One piece of work, in the terms of `raw.RAW_SPANS`. What is unknown is None.

    `last_token_ns`: when the answer was complete; None: at the end.
    """

    session_key: str
    key: str
    kind: SpanKind
    line: int
    agent_key: str | None = None
    parent_key: str | None = None
    purpose: Purpose = Purpose.TURN
    name: str | None = None
    own_phase: Phase | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    start_evidence: Evidence = Evidence.MEASURED
    end_evidence: Evidence = Evidence.MEASURED
    blocking: bool | None = None
    status: Status | None = None
    error: str | None = None
    model: str | None = None
    request_id: str | None = None
    client_request_id: str | None = None
    call_id: str | None = None
    trigger: Trigger | None = None
    first_token_ns: int | None = None
    first_token_evidence: Evidence = Evidence.MEASURED
    last_token_ns: int | None = None
    itl_ns: int | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    tokens_before: int | None = None
    tokens_after: int | None = None
    compaction_trigger: str | None = None

    def record(self, recorder: Recorder) -> None:
        """Hands the row over."""
        self._drop_contradictions(recorder)
        output = TokenQuality.FINAL.value if self.output_tokens is not None else None
        recorder.span(
            session_key=self.session_key,
            span_key=self.key,
            parent_key=self.parent_key,
            agent_key=self.agent_key,
            line=self.line,
            kind=self.kind.value,
            purpose=self.purpose.value,
            name=self.name,
            own_phase=self.own_phase.value if self.own_phase else None,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            start_evidence=_of(self.start_ns, self.start_evidence),
            end_evidence=_of(self.end_ns, self.end_evidence),
            blocking=self.blocking,
            status=self.status.value if self.status else None,
            error=self.error,
            model=self.model,
            request_id=self.request_id,
            client_request_id=self.client_request_id,
            call_id=self.call_id,
            trigger=self.trigger.value if self.trigger else None,
            itl_ns=self.itl_ns,
            input_tokens=self.input_tokens,
            cache_read_tokens=self.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens,
            output_tokens=self.output_tokens,
            output_quality=output,
            reasoning_tokens=self.reasoning_tokens,
            tokens_before=self.tokens_before,
            tokens_after=self.tokens_after,
            compaction_trigger=self.compaction_trigger,
            **self._phases(),
        )

    def _phases(self) -> dict[str, int | str | None]:
        """The first token and what follows it. What precedes it is queue and prefill together: not parted."""
        if self.first_token_ns is None:
            return {}
        found: dict[str, int | str | None] = {
            "first_token_ns": self.first_token_ns,
            "first_token_evidence": self.first_token_evidence.value,
        }
        last_ns = self.end_ns if self.last_token_ns is None else self.last_token_ns
        if last_ns is not None and last_ns >= self.first_token_ns:
            found["decode_ns"] = last_ns - self.first_token_ns
            found["decode_evidence"] = _decode_evidence(self.first_token_evidence, self.end_evidence).value
        return found

    def _drop_contradictions(self, recorder: Recorder) -> None:
        first = self.first_token_ns
        too_early = first is not None and self.start_ns is not None and first < self.start_ns
        too_late = first is not None and self.end_ns is not None and first > self.end_ns
        if too_early or too_late:
            what = "a first token outside its request: left out"
            recorder.finding("times_inconsistent", Severity.WARNING, what, line=self.line)
            self.first_token_ns = None
        whole = self.input_tokens
        cached = self.cache_read_tokens
        if cached is not None and whole is not None and cached > whole:
            what = "more cached tokens than prompt tokens: the cached ones are left out"
            recorder.finding("tokens_inconsistent", Severity.WARNING, what, line=self.line)
            self.cache_read_tokens = None


def _of(instant_ns: int | None, evidence: Evidence) -> str:
    return (evidence if instant_ns is not None else Evidence.UNKNOWN).value


_GRADES = tuple(Evidence)


def _decode_evidence(first: Evidence, end: Evidence) -> Evidence:
    """Derived at best: it is the time between two instants."""
    return max(Evidence.DERIVED, first, end, key=_GRADES.index)
