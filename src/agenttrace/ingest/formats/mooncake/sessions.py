"""Which session a row is of. Keys are made of what rows say, so that other files with the same names stay apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from agenttrace.ingest.formats.mooncake.rows import Row
from agenttrace.ingest.workload.rows import WorkloadRows


@dataclass(slots=True)
class Session:
    """A session as far as it is read. `lasts`: other rows may follow."""

    key: str
    lasts: bool
    turns: int = 0
    last_key: str | None = None
    last_start_ns: int = 0

    def go_on(self, span_key: str, start_ns: int) -> None:
        """The next turn is in it."""
        self.turns += 1
        self.last_key, self.last_start_ns = span_key, start_ns


class Sessions:
    """Finds or begins the session of each row."""

    def __init__(self, rows: WorkloadRows) -> None:
        """None yet."""
        self._rows = rows
        self._by_id: dict[str, Session] = {}
        self._by_chat: dict[str, Session] = {}
        self._alone: Counter[str] = Counter()

    def of(self, row: Row) -> Session:
        """A row without `session_id` and chat is a session by itself."""
        if row.session_id is not None:
            session = self._by_id.get(row.session_id)
            if session is None:
                session = self._by_id[row.session_id] = self._begin(row, row.session_id)
            return session
        if row.chat is not None:
            session = self._by_chat.get(row.parent_chat or "")
            session = self._begin(row, f"chat {row.chat}") if session is None else session
            self._by_chat[row.chat] = session
            return session
        return self._begin(row, row.request_id)

    def _begin(self, row: Row, name: str | None) -> Session:
        """Named after its first row, and the how manieth of equal rows that is."""
        digest = row.digest
        self._alone[digest] += 1
        again = self._alone[digest]
        key = f"mooncake:{digest}" if again == 1 else f"mooncake:{digest}.{again}"
        self._rows.session(key, name)
        return Session(key, lasts=row.session_id is not None or row.chat is not None)
