"""Requests that were answered, as spans: when each began, what it read and wrote, which calls it made."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from agenttrace.ingest.formats.claude_code.causes import Cause
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Answer, Role, Transcript
from agenttrace.ingest.formats.claude_code.compactions import Boundaries, compaction_above
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.siblings import Siblings
from agenttrace.ingest.formats.claude_code.versions import version_numbers
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Purpose,
    Severity,
    SpanKind,
    TokenQuality,
)

_LARGEST_PLACEHOLDER = 32
_ONLY_PLACEHOLDERS = ((2, 1, 10), (2, 1, 30))

_REQUEST, _BOUNDED, _FEEDS = SpanKind.REQUEST, Evidence.BOUNDED, LinkKind.FEEDS
_TURN, _COMPACTION = Purpose.TURN, Purpose.COMPACTION
_FIRST_BLOCK, _TOOL_CALL = MarkKind.FIRST_BLOCK, MarkKind.TOOL_CALL
"""Looked up once, for they are needed with every request."""

_COMPACTED = frozenset({Role.SUMMARY, Role.BOUNDARY})


def write_requests(work: Work, boundaries: Boundaries) -> None:
    """A span for each answer, its marks, and links to what it waited for and to the calls that it made."""
    before, siblings = _Before(work.transcript), Siblings(work.transcript)
    for answer in work.transcript.answers.values():
        cause = work.walker.find(answer.first.parent, answer.first_ns, answer.key)
        cause = siblings.mend(answer, cause)
        start_ns, evidence = _start(work, answer, cause, before)
        _forget_zeros(work, answer)
        turn = answer.lane.purpose is _TURN
        after = boundaries.passed(answer.lane.agent_key, start_ns, answer.first_ns) if turn else None
        span = _span(work, answer, cause, start_ns if after is None else after.t_ns, evidence)
        if after is not None and (cause.end is None or cause.end.role not in _COMPACTED):
            work.continue_from(after.key, span)
        work.rows.spans.append(span)
        work.depend(span, cause)
        if span.start_ns is not None:
            _mark(work, answer, span, span.start_ns)


class _Before:
    """What each lane did last before an instant; looked up only where a chain is broken."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._times: dict[tuple[str, str], list[int]] | None = None

    def find(self, answer: Answer) -> int:
        """The latest instant in the answer's lane before its first block, or UNKNOWN."""
        if self._times is None:
            self._times = defaultdict(list)
            for node in self._transcript.nodes.values():
                self._times[node.lane.session_key, node.lane.agent_key].append(node.t_ns)
            for times in self._times.values():
                times.sort()
        times = self._times.get((answer.lane.session_key, answer.lane.agent_key), [])
        place = bisect_left(times, answer.first_ns)
        return times[place - 1] if place else UNKNOWN


def _start(work: Work, answer: Answer, cause: Cause, before: _Before) -> tuple[int | None, Evidence]:
    """A lower bound; where the chain leads nowhere, the last thing that its lane did before."""
    if answer.first_ns == UNKNOWN:
        work.recorders.finding("no_time", Severity.WARNING, "a request without a time", answer.place)
        return None, Evidence.UNKNOWN
    retried = cause.retried
    if retried is not None:
        failure = work.transcript.failures[retried]
        return min(cause.ready_ns + failure.backoff_ns, answer.first_ns), Evidence.DERIVED
    if cause.known:
        if cause.ready_ns > answer.first_ns:
            what = "an answer before what it answers: its request is taken as of no length before it"
            work.recorders.finding("time_goes_back", Severity.INFO, what, answer.place)
        return min(cause.ready_ns, answer.first_ns), _BOUNDED
    what = "what a request answers is not in the file: it starts after the record before it"
    work.recorders.finding("chain_broken", Severity.INFO, what, answer.place)
    return min(before.find(answer) or answer.first_ns, answer.first_ns), _BOUNDED


def _span(work: Work, answer: Answer, cause: Cause, start_ns: int | None, evidence: Evidence) -> Span:
    lane = answer.lane
    compacting = lane.purpose is _COMPACTION
    retried = cause.retried
    attempt = work.transcript.failures[retried].attempt + 1 if retried is not None else 1
    return Span(
        session_key=lane.session_key,
        span_key=answer.key,
        agent_key=lane.agent_key,
        parent_key=compaction_above(work.transcript, cause) if compacting else None,
        place=answer.place,
        kind=_REQUEST,
        purpose=lane.purpose,
        start_ns=start_ns,
        end_ns=answer.last_ns or None,
        start_evidence=evidence,
        end_evidence=_BOUNDED if answer.last_ns else Evidence.UNKNOWN,
        status=answer.status,
        model=answer.model,
        request_id=answer.request_id,
        attempt=attempt,
        trigger=work.walker.trigger(cause),
        input_tokens=answer.input_tokens,
        cache_read_tokens=answer.cache_read_tokens,
        cache_write_tokens=answer.cache_write_tokens,
        output_tokens=answer.output_tokens,
        output_quality=_quality(answer),
        cache_miss_reason=answer.miss_reason,
    )


def _forget_zeros(work: Work, answer: Answer) -> None:
    """No prompt is empty: a program that writes zeros did not count."""
    if answer.input_tokens != 0:
        return
    what = "a usage of zeros, as no request has: its tokens are unknown"
    work.recorders.finding("usage_of_zeros", Severity.INFO, what, answer.place)
    answer.input_tokens = answer.cache_read_tokens = answer.cache_write_tokens = None
    answer.output_tokens = answer.output_tokens or None


def _quality(answer: Answer) -> TokenQuality | None:
    """Final where a line with a stop reason carries it; else it grew, or it is what the stream began with."""
    if answer.output_tokens is None:
        return None
    if answer.stopped:
        final = answer.final_output == answer.output_tokens
        return TokenQuality.FINAL if final else TokenQuality.MAX_SEEN
    version = version_numbers(answer.version)
    low, high = _ONLY_PLACEHOLDERS
    if version is not None and low <= version < high:
        return TokenQuality.PLACEHOLDER
    grew = answer.least_output != answer.output_tokens or answer.output_tokens > _LARGEST_PLACEHOLDER
    return TokenQuality.MAX_SEEN if grew else TokenQuality.PLACEHOLDER


def _mark(work: Work, answer: Answer, span: Span, start_ns: int) -> None:
    rows = work.rows
    rows.mark(span, _FIRST_BLOCK, answer.first_ns)
    for tool in work.transcript.tools_of.get(answer.key, ()):
        if tool.emitted_ns != UNKNOWN:
            key = tool.key
            emitted_ns = max(start_ns, min(tool.emitted_ns, answer.last_ns))
            rows.mark(span, _TOOL_CALL, emitted_ns, key)
            streamed = tool.start_ns < answer.last_ns
            rows.link_from(span, emitted_ns if streamed else None, key, _FEEDS, "tool_use")
