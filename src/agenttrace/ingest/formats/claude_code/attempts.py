"""Attempts without an answer: those that failed, and those that the user stopped before a word was said.

Only what a model answered, a message with an id, counts as a request. An attempt is time spent waiting for a model.
"""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.causes import Cause
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Node, Role
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work, attempt_key
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, SpanKind, Status


def write_attempts(work: Work) -> None:
    """A span for each; one that failed ends where the program noted it."""
    for failure in work.transcript.failures.values():
        cause = work.walker.find(failure.node.parent, failure.node.t_ns)
        span = _span(work, failure.node, cause, Status.ERROR)
        span.error, span.attempt = failure.error, failure.attempt
        work.rows.spans.append(span)
        work.depend(span, cause)


def stop_answers(work: Work) -> None:
    """Where the user stopped a request: its answer ends there, or there is none and it is an attempt."""
    transcript = work.transcript
    for node in transcript.interrupts:
        if node.t_ns == UNKNOWN:
            continue
        cause = work.walker.find(node.parent, node.t_ns)
        if cause.answered is not None and not cause.results:
            answer = transcript.answers[cause.answered]
            if not answer.stopped and answer.first_ns != UNKNOWN and not transcript.tools_of.get(answer.key):
                answer.status, answer.last_ns = Status.CANCELLED, max(answer.last_ns, node.t_ns)
        elif _was_waiting(work, cause, node):
            span = _span(work, node, cause, Status.CANCELLED)
            work.rows.spans.append(span)
            work.depend(span, cause)


def _was_waiting(work: Work, cause: Cause, node: Node) -> bool:
    if not cause.known or cause.ready_ns >= node.t_ns:
        return False
    if any(work.transcript.results[tool.id].rejected for tool in cause.tools):
        return False
    asked = cause.end is not None and cause.end.role in {Role.PROMPT, Role.FAILURE, Role.SUMMARY}
    return cause.results or asked


def _span(work: Work, node: Node, cause: Cause, status: Status) -> Span:
    start_ns, evidence, attempt = cause.ready_ns, Evidence.BOUNDED, 1
    if cause.retried is not None:
        before = work.transcript.failures[cause.retried]
        start_ns, evidence = start_ns + before.backoff_ns, Evidence.DERIVED
        attempt = before.attempt + 1
    elif not cause.known:
        start_ns = node.t_ns
    return Span(
        session_key=node.lane.session_key,
        span_key=attempt_key(node.uuid),
        agent_key=node.lane.agent_key,
        place=node.place,
        kind=SpanKind.OTHER,
        own_phase=Phase.MODEL,
        purpose=Purpose.FAILED_ATTEMPT,
        start_ns=min(start_ns, node.t_ns) or None,
        end_ns=node.t_ns or None,
        start_evidence=evidence,
        end_evidence=Evidence.MEASURED,
        status=status,
        attempt=attempt,
        trigger=work.walker.trigger(cause),
    )
