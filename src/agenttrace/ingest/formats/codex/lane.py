"""The course of a thread: what the model said, what it was given, and which of it is a request.

The output of one answer is recorded item by item, its inputs beside it. Output after input is another
answer. The count of tokens follows the answer at once (up to 0.12x), or after the calls that it made.
"""

from __future__ import annotations

from agenttrace.ingest.formats.codex.collected import Call, Compaction, Rollout, Run, Turn
from agenttrace.ingest.formats.codex.lines import UNKNOWN
from agenttrace.ingest.formats.codex.usage import Count
from agenttrace.model.vocabulary import Purpose, Status

_LEAST_NS = 50_000_000
"""A model that was waited for so briefly when a turn was stopped had not been asked."""


class Lane:
    """Takes what happens in the order of the records."""

    def __init__(self, rollout: Rollout) -> None:
        """Nothing has happened."""
        self.rollout = rollout
        self.turn: Turn | None = None
        self.model: str | None = None
        self._open: Run | None = None
        self._latest: Run | None = None
        self._ready = UNKNOWN
        self._sign = UNKNOWN
        self._begun: int | None = None
        self._given = False
        self._arrived: list[Call] = []
        self._told: list[str] = []
        self._compacted: Compaction | None = None
        self._context: int | None = None

    @property
    def answered(self) -> bool:
        """Whether the model said something that is not counted yet."""
        return self._latest is not None and not self._latest.counted

    def acted_in(self, turn: Turn) -> bool:
        """Whether the model said something in that turn."""
        return self._latest is not None and self._latest.turn is turn

    def sign(self, t_ns: int) -> None:
        """The program showed something of the answer, whose item follows."""
        if self._open is None and self._sign == UNKNOWN:
            self._sign = t_ns

    def begun(self, t_ns: int) -> None:
        """The item that follows began to come then; it is the first of its answer unless that is under way."""
        if self._open is None and self._begun is None:
            self._begun = t_ns

    def output(self, line: int, t_ns: int) -> Run:
        """An item of an answer: of the one that is under way, or of a new one."""
        if self._open is None:
            first_ns = min(self._sign or t_ns, t_ns)
            self._open = self._begin(line, first_ns, t_ns)
            self._open.token_ns, self._begun = self._begun, None
        self._open.last_ns = max(self._open.last_ns, t_ns)
        return self._open

    def input(self, t_ns: int) -> None:
        """Something that the next request is given."""
        self._open, self._sign, self._begun, self._given = None, UNKNOWN, None, True
        self._ready = max(self._ready, t_ns)

    def result(self, call: Call, t_ns: int) -> None:
        """The result of a call."""
        self.input(t_ns)
        self._arrived.append(call)

    def message(self, thread: str, t_ns: int) -> None:
        """A message of a subagent, or the news that it is done."""
        self.input(t_ns)
        self._told.append(thread)
        for call in self._arrived:
            if call.name == "wait_agent" and thread not in call.awaited:
                call.awaited.append(thread)

    def count(self, count: Count, line: int, t_ns: int) -> None:
        """A count of tokens."""
        if count.emptied is not None:
            self._emptied(count.emptied)
        if not count.changed:
            return
        run = self._latest
        if run is None or run.counted:
            run = self._begin(line, t_ns, t_ns)
            run.silent, run.first_ns = True, t_ns
            run.end_ns = t_ns
        elif self._open is run:
            run.end_ns = t_ns
        run.counted, run.usage, run.response_id = True, count.last, count.response_id
        if count.last is not None and count.last.context_tokens:
            self._context = count.last.context_tokens
        self._open, self._sign = None, UNKNOWN
        self._ready = max(self._ready, run.end_ns or run.last_ns)

    def compact(self, line: int, t_ns: int) -> None:
        """A summary took the place of the context. Its request is the answer before it, if that is one."""
        run, start_ns = self._latest, min(self._ready or t_ns, t_ns)
        fed = self._arrived
        if run is not None and not self._given and not run.calls:
            run.purpose = Purpose.COMPACTION
            start_ns, fed = min(run.ready_ns, t_ns), []
        before = self._context
        self._compacted = Compaction(line, start_ns, t_ns, self.turn, fed, before)
        self.rollout.compactions.append(self._compacted)
        if self.turn is not None:
            self.turn.compacted = True
        self._arrived = []
        self.input(t_ns)

    def stop(self, t_ns: int, status: Status, line: int, error: str | None = None) -> None:
        """The turn ends before the answer did."""
        run = self._open
        if run is None and self._is_waiting(t_ns):
            run = self._begin(line, t_ns, t_ns)
            run.silent = True
        if run is not None and not run.counted:
            run.end_ns, run.status, run.error = max(t_ns, run.last_ns), status, error
        self.input(t_ns)

    def fail(self, line: int, t_ns: int, attempt: int | None, backoff_ns: int | None) -> None:
        """The stream of an answer broke off, and is asked for again."""
        run = self._open or self._begin(line, t_ns, t_ns)
        run.counted, run.purpose, run.status = True, Purpose.FAILED_ATTEMPT, Status.ERROR
        run.end_ns, run.backoff_ns = t_ns, backoff_ns
        run.attempt = attempt or run.attempt
        self.input(t_ns)

    def _is_waiting(self, t_ns: int) -> bool:
        pending = any(call.result_ns is None for call in self._latest.calls) if self._latest else False
        waits = self.turn is not None and self.turn.asked and not pending
        return waits and self._given and self._ready != UNKNOWN and t_ns - self._ready > _LEAST_NS

    def _begin(self, line: int, first_ns: int, last_ns: int) -> Run:
        before = self._latest
        ready_ns = min(self._ready or first_ns, first_ns)
        run = Run(line, ready_ns, first_ns, last_ns, turn=self.turn, model=self.model)
        if before is not None and before.purpose is Purpose.FAILED_ATTEMPT and before.end_ns == self._ready:
            run.retried, run.attempt = before, before.attempt + 1
        run.fed, run.told, run.after = self._arrived, self._told, self._compacted
        self._arrived, self._told, self._compacted = [], [], None
        self._sign, self._given, self._latest = UNKNOWN, False, run
        self.rollout.runs.append(run)
        return run

    def _emptied(self, context_tokens: int) -> None:
        if self.rollout.compactions and self.rollout.compactions[-1].after is None:
            self.rollout.compactions[-1].after = context_tokens
            self._context = context_tokens
