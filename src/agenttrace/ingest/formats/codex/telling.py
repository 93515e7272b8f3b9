"""What each record of a thread tells: turns, prompts, output, counts, compactions; calls and subagents apart."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, ClassVar

from agenttrace.ingest import fields
from agenttrace.ingest.formats.codex.calls import CALLS, RESULTS, Calls
from agenttrace.ingest.formats.codex.children import Children
from agenttrace.ingest.formats.codex.collected import Review, Rollout, Turn
from agenttrace.ingest.formats.codex.known import (
    COMPLETED,
    KNOWN,
    OUTPUTS,
    REVIEW_BEGINS,
    REVIEW_ENDS,
    SIGNS,
    SPOKEN,
    TOLD_BY_OTHERS,
)
from agenttrace.ingest.formats.codex.lane import Lane
from agenttrace.ingest.formats.codex.lines import COMPACTED, CONTEXT, EVENT, ITEM, UNKNOWN, USAGE, Record
from agenttrace.ingest.formats.codex.usage import Counts
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity, Status

_RETRYING = re.compile(r"(\d{1,3})/\d{1,3}(?: in (\d+(?:\.\d+)?)(ms|s)\b)?")
_UNIT_NS = {"ms": 1_000_000, "s": 10**9}
_CONTEXTS = ("<", "# AGENTS.md")
_WORD = re.compile(r"[\w./-]{1,60}")
_AGAIN_NS = 5 * 10**9


class Telling:
    """Interprets the records of one thread, in their order."""

    def __init__(self, rollout: Rollout, recorder: Recorder) -> None:
        """Nothing told yet."""
        self.rollout = rollout
        self._recorder = recorder
        self._lane = Lane(rollout)
        self._counts = Counts()
        self._calls = Calls(rollout, self._lane)
        self._children = Children(rollout, self._lane)
        self._review: Review | None = None
        self._asks = False
        self._echo = False
        self._cut_turns: list[Turn] = []
        self._unknown: Counter[str] = Counter()
        self._first_unknown: int | None = None

    def inherit(self, record: Record) -> None:
        """A record that repeats another thread's: only the sum of tokens goes on from it."""
        if record.kind == f"{EVENT}/token_count":
            self._counts.inherit(record.body)
        elif record.kind == CONTEXT:
            self._take_context(record)

    def take(self, record: Record) -> None:
        """A record of the thread's own."""
        tell = self._TELLERS.get(record.kind)
        if tell is not None:
            tell(self, record)
        elif record.kind not in KNOWN:
            self._unknown[record.kind] += 1
            self._first_unknown = self._first_unknown or record.line

    def finish(self) -> None:
        """No more records."""
        self.rollout.counts_tokens = self._counts.seen or self._is_cut()
        self.rollout.finished = not self._lane.answered or self._turn() is None
        if self._unknown:
            shown = ", ".join(
                f"{kind if _WORD.fullmatch(kind) else '?'} ×{count}"
                for kind, count in self._unknown.most_common(8)
            )
            self._recorder.finding(
                "unknown_record",
                Severity.WARNING,
                shown,
                line=self._first_unknown,
                count=self._unknown.total(),
            )
        self._finish_turn()
        strays = self._calls.strays
        if strays:
            what = "a tool's result whose call is not in the file"
            self._recorder.finding("stray_result", Severity.INFO, what, count=strays)

    def _finish_turn(self) -> None:
        """The last turn of a file, like any other that never ended, may have asked the model what is not told."""
        turn = self._turn()
        cut = [*self._cut_turns, *([turn] if turn is not None and turn.told else [])]
        if cut:
            what = "a turn without an end, for the program was killed or still runs: its last request may be missing"
            self._recorder.finding("turn_unfinished", Severity.INFO, what, line=cut[0].line, count=len(cut))

    def _is_cut(self) -> bool:
        """Whether the file ends while the agent would go on: the first count may be what is missing."""
        last = self.rollout.runs[-1] if self.rollout.runs else None
        return last is not None and bool(last.calls) and self._turn() is not None

    def _turn(self) -> Turn | None:
        """The turn that is under way."""
        turn = self._lane.turn
        return turn if turn is not None and turn.end_ns == UNKNOWN else None

    def _sign(self, record: Record) -> None:
        if self._review is None:
            self._lane.sign(record.t_ns)

    def _output(self, record: Record) -> None:
        self._lane.output(record.line, record.t_ns)
        self._calls.served(record)

    def _call(self, record: Record) -> None:
        self._calls.call(record, self._lane.output(record.line, record.t_ns), asks=self._asks)

    def _result(self, record: Record) -> None:
        call = self._calls.result(record)
        if call is not None:
            self._children.result(call, record)

    def _told(self, record: Record) -> None:
        self._calls.event(record)
        self._children.event(record)

    def _complete(self, record: Record) -> None:
        """An item as the program shows it: of an answer it says when the first of it came."""
        item, t_ns = record.body.get("item"), fields.instant_from_ms(record.body.get("started_at_ms"))
        kind = fields.text(item.get("type")) if isinstance(item, dict) else None
        thread = fields.text(record.body.get("thread_id"))
        if kind == REVIEW_BEGINS:
            self._review_begins(record)
        elif kind == REVIEW_ENDS:
            self._review_ends(record)
            self._echo = True
        elif self._review is not None and thread not in (None, self.rollout.thread.id):
            self._review.thread = thread
        elif kind in SPOKEN and t_ns is not None:
            self._lane.begun(t_ns)
        self._told(record)

    def _take_context(self, record: Record) -> None:
        self._lane.model = fields.text(record.body.get("model")) or self._lane.model
        policy, reviewer = record.body.get("approval_policy"), record.body.get("approvals_reviewer")
        self._asks = policy not in (None, "never") and reviewer in (None, "user")

    def _give_context(self, record: Record) -> None:
        self._take_context(record)
        self._lane.input(record.t_ns)

    def _start_turn(self, record: Record) -> None:
        if self._review is None:
            before = self._turn()
            if before is not None and before.told:
                self._cut_turns.append(before)
            self._new_turn(record).told = True
        self._lane.input(record.t_ns)

    def _ask(self, record: Record) -> None:
        """A prompt: of the turn that was just begun, of one that it steers, or of a new one."""
        turn = self._turn()
        if turn is None or (not turn.told and self._lane.acted_in(turn)):
            turn = self._new_turn(record)
        turn.asked = True

    def _new_turn(self, record: Record) -> Turn:
        turn = self._lane.turn = Turn(record.line, record.t_ns)
        self.rollout.turns.append(turn)
        return turn

    def _prompt(self, record: Record) -> None:
        if self._review is not None:
            return
        self._ask(record)
        self._lane.input(record.t_ns)
        self.rollout.prompt = self.rollout.prompt or fields.text(record.body.get("message"))

    def _message(self, record: Record) -> None:
        """A message of the model's, or one to it: of a person, or of the program about its surroundings.

        What a review found is repeated as a message of the model's.
        """
        if record.body.get("id") in ("review_rollout_user", "review_rollout_assistant"):
            return
        if record.body.get("role") == "assistant":
            if not self._echo:
                self._lane.output(record.line, record.t_ns)
            self._echo = False
            return
        said = _said(record.body)
        if said.startswith("<turn_aborted"):
            return
        person = record.body.get("role") == "user" and said and not said.startswith(_CONTEXTS)
        if person and self._review is None:
            self._ask(record)
            self.rollout.prompt = self.rollout.prompt or said
        self._lane.input(record.t_ns)

    def _end_turn(self, record: Record) -> None:
        error = record.body.get("error")
        if error:
            self._lane.stop(record.t_ns, Status.ERROR, record.line, _error(error))
        self._close_turn(record)

    def _abort_turn(self, record: Record) -> None:
        self._calls.abort(record.t_ns)
        self._lane.stop(record.t_ns, Status.CANCELLED, record.line)
        self._close_turn(record)

    def _close_turn(self, record: Record) -> None:
        turn, self._echo = self._turn(), False
        if turn is not None:
            turn.end_ns = max(record.t_ns, turn.start_ns)
            turn.ttft_ns = fields.duration_from_ms(record.body.get("time_to_first_token_ms"))
        self._lane.input(record.t_ns)

    def _fail(self, record: Record) -> None:
        self._lane.stop(record.t_ns, Status.ERROR, record.line, _error(record.body))

    def _retry(self, record: Record) -> None:
        found = _RETRYING.search(fields.text(record.body.get("message")) or "")
        attempt = int(found[1]) if found else None
        backoff_ns = round(float(found[2]) * _UNIT_NS[found[3]]) if found and found[2] else None
        self._lane.fail(record.line, record.t_ns, attempt, backoff_ns)

    def _count(self, record: Record) -> None:
        count = self._counts.take(record.body, answered=self._lane.answered)
        self._lane.count(count, record.line, record.t_ns)

    def _count_answer(self, record: Record) -> None:
        if fields.text(record.body.get("thread_id")) in (None, self.rollout.thread.id):
            count = self._counts.take_answer(record.body, answered=self._lane.answered)
            self._lane.count(count, record.line, record.t_ns)

    def _compact(self, record: Record) -> None:
        """`context_compacted` repeats `compacted`, where that is recorded."""
        last = self.rollout.compactions[-1] if self.rollout.compactions else None
        if record.kind == COMPACTED or last is None or record.t_ns - last.end_ns > _AGAIN_NS:
            self._lane.compact(record.line, record.t_ns)

    def _review_begins(self, record: Record) -> None:
        turn = self._turn() or self._new_turn(record)
        turn.asked = True
        self._review = Review(record.line, record.t_ns)
        self.rollout.reviews.append(self._review)

    def _review_ends(self, record: Record) -> None:
        if self._review is not None:
            self._review.end_ns = max(record.t_ns, self._review.start_ns)
        self._review = None
        self._lane.input(record.t_ns)

    _TELLERS: ClassVar = {
        CONTEXT: _give_context,
        COMPACTED: _compact,
        USAGE: _count_answer,
        f"{ITEM}/message": _message,
        f"{EVENT}/task_started": _start_turn,
        f"{EVENT}/turn_started": _start_turn,
        f"{EVENT}/task_complete": _end_turn,
        f"{EVENT}/turn_complete": _end_turn,
        f"{EVENT}/turn_aborted": _abort_turn,
        f"{EVENT}/user_message": _prompt,
        f"{EVENT}/token_count": _count,
        f"{EVENT}/context_compacted": _compact,
        f"{EVENT}/stream_error": _retry,
        f"{EVENT}/error": _fail,
        f"{EVENT}/entered_review_mode": _review_begins,
        f"{EVENT}/exited_review_mode": _review_ends,
        **dict.fromkeys(SIGNS, _sign),
        **dict.fromkeys(OUTPUTS, _output),
        **dict.fromkeys(CALLS, _call),
        **dict.fromkeys(RESULTS, _result),
        **dict.fromkeys(TOLD_BY_OTHERS, _told),
        COMPLETED: _complete,
    }


def _said(body: dict[str, Any]) -> str:
    """The first text of a message."""
    content = body.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return next((text for text in texts if isinstance(text, str)), "")


def _error(value: Any) -> str:
    """The kind of an error; what it says besides stays with the source."""
    info = value.get("codex_error_info") if isinstance(value, dict) else None
    if isinstance(info, dict):
        info = next(iter(info), None)
    return info if isinstance(info, str) and _WORD.fullmatch(info) else "error"
