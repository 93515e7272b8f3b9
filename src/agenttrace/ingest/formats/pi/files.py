"""Files of sessions: of version 3, a header and entries; of version 4, a header and changes of a session.

A change of version 4 is an entry, with the lane that it was added to; a record of what a lane does; or a fact about
the session or its lanes. Its times are milliseconds. (agent/harness/session)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Protocol

from agenttrace.ingest import fields
from agenttrace.ingest.formats.pi.entries import MAIN, Entries
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_FACTS = frozenset({"fact", "lane"})
_UNKNOWN = "pi:unknown"


class File(Protocol):
    """The lines of one file, in their order."""

    def take(self, value: Mapping[str, Any], line: int) -> None:
        """One line."""

    def finish(self) -> None:
        """What is only known at the end, and the session."""


def changes_version(value: Mapping[str, Any]) -> bool:
    """Whether a line is one of version 4."""
    return ("kind" in value and "type" not in value) or value.get("kind") in ("entry", "record")


class Linear:
    """Of versions up to 3."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing read yet."""
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._session_id: str | None = None
        self._session_key = _UNKNOWN
        self._entries: Entries | None = None
        self._forked_ns: int | None = None
        self._copied: list[int] = []

    def take(self, value: Mapping[str, Any], line: int) -> None:
        """A branch repeats the entries of the file that it comes from, whose name ends with its session's id.

        They are older than the branch itself, and no work of it.
        """
        if value.get("type") != "session":
            if self._is_copy(value):
                self._copied.append(line)
            else:
                self._told().take(value, line)
            return
        self._session_id = self._reader.take(value, "id", fields.text, line)
        self._session_key = f"pi:{self._session_id or 'unknown'}"
        for name in ("parentSession", "branchedFrom"):
            parent = self._reader.take(value, name, fields.text, line)
            if parent is not None:
                self._recorder.same_family(self._session_key, f"pi:{_id_in(parent)}")
                self._forked_ns = self._reader.take(value, "timestamp", fields.instant_from_iso, line)

    def _is_copy(self, entry: Mapping[str, Any]) -> bool:
        t_ns = fields.instant_from_iso(entry.get("timestamp")) if self._forked_ns is not None else None
        return t_ns is not None and self._forked_ns is not None and t_ns < self._forked_ns

    def finish(self) -> None:
        """Calls without a result, and the session."""
        if self._copied:
            what = "an entry that a branch copied from another session: left out"
            count, line = len(self._copied), self._copied[0]
            self._recorder.finding("copied_history", Severity.INFO, what, line=line, count=count)
        entries = self._told()
        entries.finish()
        self._recorder.session(
            session_key=self._session_key,
            source_id=self._session_id,
            first_prompt_fingerprint=entries.fingerprint,
        )

    def _told(self) -> Entries:
        if self._entries is None:
            self._entries = Entries(self._recorder, self._session_key)
        return self._entries


class Changes:
    """Of version 4: each lane is an agent of its own."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing read yet."""
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._session_id: str | None = None
        self._session_key = _UNKNOWN
        self._lanes: dict[str, Entries] = {}

    def take(self, value: Mapping[str, Any], line: int) -> None:
        """One line."""
        kind = self._reader.take(value, "kind", fields.text, line)
        if kind == "header":
            self._begin(value, line)
        elif kind == "entry":
            self._lane(value, line).take(value, line)
        elif kind == "record":
            self._record(value, line)
        elif kind not in _FACTS:
            what = "a change of no known kind"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """Calls without a result, and the session."""
        main = self._named(MAIN)
        for lane in self._lanes.values():
            lane.finish()
        self._recorder.session(
            session_key=self._session_key,
            source_id=self._session_id,
            first_prompt_fingerprint=main.fingerprint,
        )

    def _begin(self, header: Mapping[str, Any], line: int) -> None:
        """A fork repeats the entries of its parent; one that was of version 3 may only tell its parent's file."""
        self._session_id = self._reader.take(header, "id", fields.text, line)
        self._session_key = f"pi:{self._session_id or 'unknown'}"
        parent = self._reader.take(header, "parentSessionId", fields.text, line)
        path = self._reader.take(header, "legacyParentSessionPath", fields.text, line)
        if parent is not None or path is not None:
            self._recorder.same_family(self._session_key, f"pi:{parent or _id_in(path or '')}")

    def _record(self, record: Mapping[str, Any], line: int) -> None:
        """Of these only begins count: what came of it has an entry. Not all are known, and none is needed."""
        t_ns = self._reader.take(record, "timestamp", fields.instant_from_ms, line)
        call_id, entry_key = (fields.text(record.get(name)) for name in ("toolCallId", "resultEntryId"))
        if t_ns is None:
            return
        if record.get("type") == "tool_started" and call_id is not None:
            self._lane(record, line).tool_started(call_id, t_ns)
        elif record.get("type") == "step_attempt" and entry_key is not None:
            self._lane(record, line).attempted(entry_key, t_ns)

    def _lane(self, value: Mapping[str, Any], line: int) -> Entries:
        """What a fork copied has none."""
        return self._named(self._reader.take(value, "lane", fields.text, line) or MAIN)

    def _named(self, name: str) -> Entries:
        if name not in self._lanes:
            self._lanes[name] = Entries(self._recorder, self._session_key, name, fields.instant_from_ms)
        return self._lanes[name]


def _id_in(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).stem.rpartition("_")[2]
