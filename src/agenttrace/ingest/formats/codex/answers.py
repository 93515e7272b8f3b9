"""Requests as spans: from what they waited for to the last item of the answer, or the count that follows it."""

from __future__ import annotations

from agenttrace.ingest.formats.codex.collected import Run, Turn
from agenttrace.ingest.formats.codex.work import Work
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Phase,
    Purpose,
    Severity,
    SpanKind,
    TokenQuality,
    Trigger,
)

_SLACK_NS = 10**9


def write_answers(work: Work) -> None:
    """A span for each answer, its marks, and links to what it waited for.

    Output without a count was broken off, by a message or by the user. It took the model's time, but nobody
    can tell whether it was one request: it is no request here. A subagent's prompt is its parent's, unless
    the parent is in no source: that is for assembly to know.
    """
    first: set[int] = set()
    broken = 0
    for run in work.rollout.runs:
        if run is work.lost:
            continue
        is_request = run.counted or not work.rollout.counts_tokens
        broken += not is_request
        opening = run.turn is not None and id(run.turn) not in first
        first.add(id(run.turn))
        _write(work, run, is_request=is_request, opening=run.turn if opening else None)
        _link(work, run)
        if not run.silent:
            work.mark(run.key, MarkKind.FIRST_BLOCK, run.first_ns)
    _report(work, broken)


def _write(work: Work, run: Run, *, is_request: bool, opening: Turn | None) -> None:
    end_ns = _end(run)
    facts = _request(work, run, opening) if is_request else _broken_off()
    work.span(
        span_key=run.key,
        line=run.line,
        parent_key=_compaction_of(work, run),
        kind=(SpanKind.REQUEST if is_request else SpanKind.OTHER).value,
        purpose=(run.purpose if is_request else Purpose.FAILED_ATTEMPT).value,
        start_ns=_start(run),
        end_ns=end_ns,
        start_evidence=(Evidence.BOUNDED if run.retried is None else Evidence.DERIVED).value,
        end_evidence=(Evidence.BOUNDED if run.end_ns is None else Evidence.MEASURED).value,
        status=run.status.value,
        error=run.error,
        model=run.model,
        **facts,
    )


def _start(run: Run) -> int:
    backoff_ns = run.retried.backoff_ns if run.retried is not None else None
    return min(run.ready_ns + (backoff_ns or 0), run.first_ns)


def _end(run: Run) -> int:
    return run.last_ns if run.end_ns is None else max(run.end_ns, run.last_ns)


def _broken_off() -> dict[str, object]:
    return {"name": "answer broken off", "own_phase": Phase.MODEL.value}


def _request(work: Work, run: Run, opening: Turn | None) -> dict[str, object]:
    usage = run.usage
    facts: dict[str, object] = {"request_id": run.response_id, "attempt": run.attempt}
    if opening is not None and opening.asked and work.rollout.thread.subagent:
        facts["trigger"] = Trigger.USER_MESSAGE.value
    if usage is not None:
        facts |= {
            "input_tokens": usage.input_tokens,
            "cache_read_tokens": _part(usage.cached_tokens, usage.input_tokens),
            "cache_write_tokens": usage.cache_write_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "output_quality": TokenQuality.FINAL.value if usage.output_tokens is not None else None,
        }
    token = _told_token(work, run, opening) or _token(run)
    if token is not None:
        first_ns, evidence = token
        facts |= {
            "first_token_ns": first_ns,
            "first_token_evidence": evidence.value,
            "decode_ns": _end(run) - first_ns,
            "decode_evidence": (Evidence.BOUNDED if run.end_ns is None else Evidence.DERIVED).value,
        }
    return facts


def _part(part: int | None, whole: int | None) -> int | None:
    """More cached tokens than there are in the prompt cannot be right."""
    return part if part is None or whole is None or part <= whole else None


def _token(run: Run) -> tuple[int, Evidence] | None:
    """When the first item of an answer began to come, which records of completed items tell in newest versions."""
    if run.token_ns is None or not _start(run) <= run.token_ns <= run.first_ns:
        return None
    return run.token_ns, Evidence.MEASURED


def _told_token(work: Work, run: Run, turn: Turn | None) -> tuple[int, Evidence] | None:
    """The time to the first token is told for the first request of a turn, from where the turn began."""
    if turn is None or turn.ttft_ns is None or run.silent:
        return None
    told_ns = turn.start_ns + turn.ttft_ns
    if told_ns > run.first_ns + _SLACK_NS or told_ns < run.ready_ns - _SLACK_NS:
        what = "a time to the first token that does not fit the answer: not used"
        work.recorder.finding("ttft_disagrees", Severity.INFO, what, line=turn.line)
        return None
    return max(min(told_ns, run.first_ns), _start(run)), Evidence.DERIVED


def _compaction_of(work: Work, run: Run) -> str | None:
    if run.purpose is not Purpose.COMPACTION:
        return None
    held = (one.key for one in work.rollout.compactions if one.start_ns <= run.ready_ns <= one.end_ns)
    return next(held, None)


def _link(work: Work, run: Run) -> None:
    for call in run.fed:
        work.link(call.key, run.key, LinkKind.FEEDS, "tool result")
    awaited = {thread for call in run.fed for thread in call.awaited}
    for thread in dict.fromkeys(run.told):
        if thread not in awaited:
            work.link(thread, run.key, LinkKind.JOINS, "message of an agent")
    if run.after is not None:
        work.link(run.after.key, run.key, LinkKind.CONTINUES, "compacted")
    if run.retried is not None:
        work.link(run.retried.key, run.key, LinkKind.RETRIES, "stream_error")


def _report(work: Work, broken: int) -> None:
    if broken:
        what = "output of the model without a count of tokens: its time is known, no request is counted"
        work.recorder.finding("answer_broken_off", Severity.INFO, what, count=broken)
    if work.lost is not None:
        what = "the file ends within an answer: what there is of it is left out"
        work.recorder.finding("answer_unfinished", Severity.INFO, what, line=work.lost.line)
    if work.rollout.runs and not work.rollout.counts_tokens:
        what = "no count of tokens in the whole thread: requests are told from the order of the records"
        work.recorder.finding("no_token_counts", Severity.WARNING, what, line=work.rollout.runs[0].line)
