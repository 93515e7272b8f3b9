"""Where the copied history of a fork ends: what it repeats of another thread adds nothing.

The copy stands at the beginning. Where its end is told by an ordinal, that counts. Else it ends with the
first turn whose id is younger than the thread: ids of turns say when they were made, whatever time the
copied lines were given (the hour of the fork up to 0.13x, their own later on). Ids of another kind say
nothing: then a copy shows by times before the fork, or by its lines being written all at once.
"""

from __future__ import annotations

from agenttrace.ingest import fields
from agenttrace.ingest.formats.codex.lines import CONTEXT, EVENT, META, Record
from agenttrace.ingest.formats.codex.threads import Thread, born_ns

_TURNS = frozenset({CONTEXT, f"{EVENT}/task_started", f"{EVENT}/turn_started"})
_PAUSE_NS = 200_000_000
"""Copied lines are written within milliseconds of each other; what a fork does itself takes longer."""


class Replay:
    """Tells of each record, in their order, whether it repeats another thread's."""

    def __init__(self, thread: Thread) -> None:
        """Right after the thread's own `session_meta`."""
        self._thread = thread
        self._open = thread.copied
        self._first = True
        self._foreign = False
        self._by_ids = False
        self._before_ns: int | None = None

    def repeats(self, record: Record) -> bool:
        """Whether it does. A fork of early versions shows only by another thread's `session_meta`."""
        if record.kind == META and (self._first or self._open or self._is_ancestor(record)):
            self._open = self._foreign = True
        elif self._open:
            self._open = self._is_copy(record)
        self._first = False
        self._before_ns = record.t_ns
        return self._open

    def _is_ancestor(self, record: Record) -> bool:
        name = fields.text(record.body.get("id"))
        return name is not None and name in (self._thread.parent, self._thread.forked_from)

    def _is_copy(self, record: Record) -> bool:
        thread = self._thread
        if thread.history_ends is not None and record.ordinal is not None:
            return record.ordinal < thread.history_ends
        turn = record.kind in _TURNS
        made_ns = born_ns(fields.text(record.body.get("turn_id"))) if turn else None
        if made_ns is not None and thread.created_ns is not None:
            self._by_ids = True
            return made_ns < thread.created_ns
        if self._by_ids or (thread.created_ns is not None and record.t_ns < thread.created_ns):
            return True
        return not self._has_paused(record) if self._foreign else not turn

    def _has_paused(self, record: Record) -> bool:
        return self._before_ns is not None and record.t_ns - self._before_ns > _PAUSE_NS
