"""Everything of a thread but its requests as spans: calls, waits for the user, compactions, reviews."""

from __future__ import annotations

from agenttrace.ingest.formats.codex.collected import Call, Turn
from agenttrace.ingest.formats.codex.lines import UNKNOWN
from agenttrace.ingest.formats.codex.tools import Wait, find_execution, find_wait
from agenttrace.ingest.formats.codex.work import Work
from agenttrace.model.vocabulary import Evidence, LinkKind, MarkKind, Phase, Purpose, Severity, SpanKind


def write_calls(work: Work) -> None:
    """A span for each call, and one inside it where a person was waited for."""
    before = _befores(work)
    inferred = disagrees = 0
    for call in work.rollout.calls.values():
        execution, wait = find_execution(call, before.get(call.id)), find_wait(call, before.get(call.id))
        disagrees += execution.disagrees
        inferred += wait is not None and call.asked_ns is None and wait.evidence is Evidence.BOUNDED
        served = call.run is not None and call.name in _SERVED
        start_ns = min(execution.start_ns, wait.start_ns) if wait else execution.start_ns
        work.span(
            span_key=call.key,
            line=call.line,
            parent_key=call.inside.key if call.inside else call.run.key if served and call.run else None,
            kind=SpanKind.TOOL.value,
            purpose=Purpose.TURN.value,
            name=call.name,
            call_id=call.id,
            start_ns=None if served else start_ns,
            end_ns=execution.end_ns,
            start_evidence=(Evidence.UNKNOWN if served else execution.start).value,
            end_evidence=execution.end.value,
            status=call.status.value,
        )
        if wait is not None:
            _write_wait(work, call, wait)
        for thread in call.awaited:
            work.link(thread, call.key, LinkKind.JOINS, "wait for agents")
        if not served:
            _hang(work, call)
    _report(work, inferred, disagrees)


_SERVED = frozenset({"web_search", "image_generation"})


def _befores(work: Work) -> dict[str, Call]:
    """For each call the one of its answer whose result came right before."""
    found: dict[str, Call] = {}
    for run in work.rollout.runs:
        last: Call | None = None
        for call in run.calls:
            if last is not None:
                found[call.id] = last
            if call.result_ns is not None:
                last = call
    return found


def _hang(work: Work, call: Call) -> None:
    """A call hangs on the instant in the answer at which it was made; one in a script on that only."""
    run = call.run
    if run is None or call.inside is not None or run is work.lost:
        return
    work.mark(run.key, MarkKind.TOOL_CALL, call.called_ns, call.key)
    end_ns = run.last_ns if run.end_ns is None else max(run.end_ns, run.last_ns)
    at_ns = call.called_ns if call.called_ns < end_ns else None
    work.link(run.key, call.key, LinkKind.FEEDS, "call", at_ns)


def _write_wait(work: Work, call: Call, wait: Wait) -> None:
    work.span(
        span_key=f"{call.key}:asked",
        line=call.line,
        parent_key=call.key,
        kind=SpanKind.USER_WAIT.value,
        purpose=Purpose.TURN.value,
        start_ns=wait.start_ns,
        end_ns=wait.end_ns,
        start_evidence=wait.evidence.value,
        end_evidence=wait.evidence.value,
    )


def write_compactions(work: Work) -> None:
    """A span for each, from what was there before it to its record."""
    for one in work.rollout.compactions:
        work.span(
            span_key=one.key,
            line=one.line,
            kind=SpanKind.COMPACTION.value,
            purpose=Purpose.COMPACTION.value,
            name="compaction",
            start_ns=one.start_ns,
            end_ns=one.end_ns,
            start_evidence=Evidence.BOUNDED.value,
            end_evidence=Evidence.MEASURED.value,
            tokens_before=one.before,
            tokens_after=one.after,
            compaction_trigger=_trigger(one.turn),
        )
        for call in one.fed:
            work.link(call.key, one.key, LinkKind.FEEDS, "tool result")


def _trigger(turn: Turn | None) -> str | None:
    """A turn without a prompt, begun for nothing else, is the user's command."""
    if turn is None or not turn.told:
        return None
    return "auto" if turn.asked else "manual"


def write_reviews(work: Work) -> None:
    """What a review's own requests and tools were stands in another file; unknown in versions that do not name it.

    Where it is named, the review is a call that has a subagent in it.
    """
    apart = []
    for review in work.rollout.reviews:
        review.key = f"{work.lane}:review:{review.start_ns}"
        if review.thread is None:
            apart.append(review)
        work.span(
            span_key=review.key,
            line=review.line,
            kind=(SpanKind.OTHER if review.thread is None else SpanKind.TOOL).value,
            purpose=Purpose.TURN.value,
            name="review",
            own_phase=Phase.UNKNOWN.value if review.thread is None else None,
            start_ns=review.start_ns,
            end_ns=review.end_ns,
            start_evidence=Evidence.MEASURED.value,
            end_evidence=(Evidence.UNKNOWN if review.end_ns is None else Evidence.MEASURED).value,
        )
    if apart:
        what = "a review, whose requests stand in a rollout of its own: its time is of unknown phase"
        work.recorder.finding("review_apart", Severity.INFO, what, line=apart[0].line, count=len(apart))


def write_pauses(work: Work) -> None:
    """The user was waited for from the last sign of work to the next turn that a person began."""
    if work.rollout.thread.subagent:
        return
    ends = sorted(_work_ends(work))
    told = {turn.end_ns for turn in work.rollout.turns}
    position, since_ns = 0, UNKNOWN
    for turn in work.rollout.turns:
        while position < len(ends) and ends[position][0] < turn.start_ns:
            since_ns = max(since_ns, ends[position][1])
            position += 1
        by_person = turn.asked or turn.compacted
        if by_person and UNKNOWN < since_ns < turn.start_ns:
            _write_pause(work, turn, since_ns, measured=since_ns in told)


def _work_ends(work: Work) -> list[tuple[int, int]]:
    """(start, end) of all that the thread did, and the ends of its turns."""
    rollout = work.rollout
    runs = [(run.ready_ns, max(run.last_ns, run.end_ns or 0)) for run in rollout.runs if run is not work.lost]
    calls = [(call.called_ns, call.result_ns or call.called_ns) for call in rollout.calls.values()]
    rest = [(one.start_ns, one.end_ns) for one in rollout.compactions]
    reviews = [(one.start_ns, one.end_ns or one.start_ns) for one in rollout.reviews]
    turns = [(turn.end_ns, turn.end_ns) for turn in rollout.turns if turn.end_ns != UNKNOWN]
    return runs + calls + rest + reviews + turns


def _write_pause(work: Work, turn: Turn, since_ns: int, *, measured: bool) -> None:
    key = f"{work.lane}:prompt:{turn.start_ns}"
    work.span(
        span_key=key,
        line=turn.line,
        kind=SpanKind.USER_WAIT.value,
        purpose=Purpose.TURN.value,
        start_ns=since_ns,
        end_ns=turn.start_ns,
        start_evidence=(Evidence.MEASURED if measured else Evidence.BOUNDED).value,
        end_evidence=Evidence.MEASURED.value,
    )
    first = next((run for run in work.rollout.runs if run.turn is turn and run is not work.lost), None)
    if first is not None and not first.fed and first.after is None and first.retried is None:
        work.link(key, first.key, LinkKind.FEEDS, "prompt")


def _report(work: Work, inferred: int, disagrees: int) -> None:
    if inferred:
        what = "time between a call and its result that its stated length leaves over: taken as an approval"
        work.recorder.finding("approval_inferred", Severity.INFO, what, count=inferred)
    if disagrees:
        what = "a stated length that does not fit between call and result: not used"
        work.recorder.finding("duration_disagrees", Severity.INFO, what, count=disagrees)
