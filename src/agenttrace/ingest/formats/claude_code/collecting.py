"""Takes the records of one source in, line by line: which lane each is of, what it is, what is unknown."""

from __future__ import annotations

import re
from collections import Counter

from agenttrace.ingest.formats.claude_code.clock import read_time, read_times
from agenttrace.ingest.formats.claude_code.collected import Lane
from agenttrace.ingest.formats.claude_code.events import KNOWN_SUBTYPES, take_queue
from agenttrace.ingest.formats.claude_code.gathering import Gathering, Nameless
from agenttrace.ingest.formats.claude_code.kinds import BOOKKEEPING, CHAINED
from agenttrace.ingest.formats.claude_code.lanes import lane_of
from agenttrace.ingest.formats.claude_code.lines import first_session
from agenttrace.ingest.formats.claude_code.places import line_of
from agenttrace.ingest.formats.claude_code.records import Record
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

NO_SESSION = "unknown"
_VERSION = re.compile(r"\d+(\.\d+){1,3}([-+][\w.-]{1,20})?")
_Whose = tuple[str | None, str | None, bool | None, str | None]
"""Session, agent, whether it is a sidechain, and version of a record."""

_NONE: _Whose = (None, None, None, "\0")
_NO_LANE = Lane("", "", None, main=False, sidechain=False)
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")


class Collector:
    """Hands the records of one source over to what is gathered; `finish` tells what was counted on the way.

    What depends on the line before is settled here: a record without a session is of the one before it, or
    of the first that the source names.
    """

    def __init__(self, gathering: Gathering, recorder: Recorder, source: Source) -> None:
        """Nothing is read yet."""
        self._source = source
        self._gathering = gathering
        self._recorder = recorder
        self._before_first = gathering.open(recorder)
        self._session_id = ""
        self._unknown: Counter[str] = Counter()
        self._first_unknown: int | None = None
        self._kept: Counter[str] = Counter()
        self._version: str | None = None
        self._main: Lane | None = None
        self._before = _NONE
        self._lane = _NO_LANE

    def take(self, first: int, records: list[Record]) -> None:
        """Records of lines that follow each other, from that number. Whatever is in them, this never raises.

        Most are of the lane and the version of the one before.
        """
        place = self._before_first + first
        times = read_times([record.timestamp for record in records])
        session_id, agent_id, sidechain, version = self._before
        begin = 0
        for at, record in enumerate(records):
            kind = record.type
            if (
                kind not in CHAINED
                or record.session_id != session_id
                or record.agent_id != agent_id
                or record.is_sidechain is not sidechain
                or record.version != version
            ):
                self._hand_over(records[begin:at], times[begin:at], place + begin)
                begin = at if self._turn_to(record, place + at) else at + 1
                session_id, agent_id, sidechain, version = self._before
            elif kind == "system" and record.subtype not in KNOWN_SUBTYPES:
                self._note_unknown(f"system/{record.subtype}", line_of(place + at))
        self._hand_over(records[begin:], times[begin:], place + begin)

    def _hand_over(self, records: list[Record], times: list[int], first: int) -> None:
        if records:
            self._gathering.take(records, times, first, self._lane, self._session_id)

    def _turn_to(self, record: Record, place: int) -> bool:
        """What is new with this record; False if it is of no lane, or of which only its chain tells."""
        session_id = record.session_id
        if session_id and session_id != self._session_id:
            self._session_id, self._main, self._before = session_id, None, _NONE
            self._gathering.sessions.add(session_id)
        kind = record.type
        if kind not in CHAINED:
            self._take_unchained(place, record)
            return False
        if record.version != self._version:
            self._note_version(record.version)
        if kind == "system" and record.subtype not in KNOWN_SUBTYPES:
            self._note_unknown(f"system/{record.subtype}", line_of(place))
        if not self._session_id:
            self._session_id = first_session(self._source) or NO_SESSION
        lane = self._lane_of(record, place)
        if lane is None:
            self._before = _NONE
            self._gathering.nameless.append(Nameless(record, place, self._session_id))
            return False
        self._before = (record.session_id, record.agent_id, record.is_sidechain, record.version)
        self._lane = lane
        self._gathering.note_spread(lane, place)
        return True

    def finish(self) -> None:
        """Records what was counted."""
        self._count("unknown_record", Severity.WARNING, self._unknown, self._first_unknown)
        self._count("bookkeeping", Severity.INFO, self._kept)

    def _take_unchained(self, place: int, record: Record) -> None:
        kind = record.type or "none"
        if kind not in BOOKKEEPING:
            self._note_unknown(kind, line_of(place))
            return
        self._kept[kind] += 1
        if kind == "queue-operation":
            t_ns = read_time(record.timestamp)
            take_queue(self._gathering.transcript, record, t_ns)

    def _lane_of(self, record: Record, place: int) -> Lane | None:
        """None for a sidechain of an early version: only its chain tells whose it is."""
        if not record.is_sidechain and (record.agent_id is None or record.is_sidechain is False):
            if self._main is None:
                self._main = lane_of(self._gathering.transcript, self._session_id, None, place)
            return self._main
        if record.agent_id:
            return lane_of(self._gathering.transcript, self._session_id, record.agent_id, place)
        return None

    def _note_version(self, version: str | None) -> None:
        self._version = version
        if version is not None and _VERSION.fullmatch(version):
            self._recorder.dialect(version)

    def _note_unknown(self, kind: str, line: int) -> None:
        self._unknown[kind] += 1
        self._first_unknown = self._first_unknown or line

    def _count(self, code: str, severity: Severity, counted: Counter[str], line: int | None = None) -> None:
        if counted:
            shown = ", ".join(
                f"{kind if _WORD.fullmatch(kind) else '?'} ×{count}" for kind, count in counted.most_common(8)
            )
            self._recorder.finding(code, severity, shown, line=line, count=counted.total())
