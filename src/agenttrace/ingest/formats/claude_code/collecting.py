"""Takes the records of one file in, line by line: which lane each is of, what it is, what is unknown."""

from __future__ import annotations

import re
from collections import Counter

from agenttrace.ingest.formats.claude_code.answers import take_answer
from agenttrace.ingest.formats.claude_code.clock import Clock
from agenttrace.ingest.formats.claude_code.collected import Lane, Node, Told, Transcript
from agenttrace.ingest.formats.claude_code.events import (
    KNOWN_SUBTYPES,
    take_attachment,
    take_progress,
    take_queue,
    take_system,
)
from agenttrace.ingest.formats.claude_code.records import Copy, Record
from agenttrace.ingest.formats.claude_code.replies import take_reply
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Purpose, Severity

CHAINED = frozenset({"assistant", "user", "system", "progress", "attachment"})
BOOKKEEPING = frozenset(
    {
        "agent-color", "agent-name", "agent-setting", "ai-title", "attribution-snapshot", "bridge-session",
        "content-replacement", "cost-state", "custom-title", "file-history-delta", "file-history-snapshot",
        "last-prompt", "mode", "permission-mode", "pr-link", "queue-operation", "speculation-accept",
        "summary", "tag", "task-summary", "worktree-state",
    }
)  # fmt: skip
NO_SESSION = "unknown"
_SIDE_AGENT = re.compile(r"a([a-z]+(?:_[a-z]+)*)-[0-9a-f]{3,}")
_COMPACTING = "compact"
_VERSION = re.compile(r"\d+(\.\d+){1,3}([-+][\w.-]{1,20})?")
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")


class Collector:
    """Fills a `Transcript`; `finish` tells what was counted on the way."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing is read yet."""
        self.transcript = Transcript()
        self._recorder = recorder
        self._clock = Clock()
        self._session_id = NO_SESSION
        self._unknown: Counter[str] = Counter()
        self._first_unknown: int | None = None
        self._kept: Counter[str] = Counter()
        self._version: str | None = None
        self._main: Lane | None = None
        self._copied: dict[str, str] = {}

    def take(self, line: int, record: Record) -> None:
        """One record. Whatever is in it, this does not raise."""
        session_id = record.session_id
        if session_id and session_id != self._session_id:
            self._session_id, self._main = session_id, None
        kind = record.type
        if kind not in CHAINED:
            self._take_unchained(line, record)
            return
        if record.version != self._version:
            self._note_version(record.version)
        uuid = record.uuid or f"line:{line}"
        nodes = self.transcript.nodes
        if uuid in nodes:
            what = "a record that was read before: counted once"
            self._recorder.finding("duplicate_record", Severity.INFO, what, line=line)
            return
        lane = self._lane_of(record, uuid)
        t_ns = self._clock.read(record.timestamp)
        node = nodes[uuid] = Node(uuid, line, record.parent_uuid, t_ns, lane)
        if record.parent_uuid is None and not lane.sidechain:
            self.transcript.roots.append(node)
        self._take_chained(record, node)
        lane.latest = max(lane.latest, t_ns)

    def finish(self) -> Transcript:
        """Records what was counted, and hands over."""
        self._count("unknown_record", Severity.WARNING, self._unknown, self._first_unknown)
        self._count("bookkeeping", Severity.INFO, self._kept)
        return self.transcript

    def _take_chained(self, record: Record, node: Node) -> None:
        kind = record.type
        if kind == "assistant":
            take_answer(self.transcript, self._recorder, record, node)
        elif kind == "user":
            take_reply(self.transcript, record, node)
        elif kind == "attachment":
            take_attachment(self.transcript, record, node)
        elif kind == "system":
            if record.subtype not in KNOWN_SUBTYPES:
                self._note_unknown(f"system/{record.subtype}", node.line)
            take_system(self.transcript, self._recorder, record, node)
        elif record.data is not None and isinstance(record.data.message, Copy):
            self._take_copy(record, record.data.message, node)
        else:
            take_progress(self.transcript, record, node)

    def _take_unchained(self, line: int, record: Record) -> None:
        kind = record.type or "none"
        if kind not in BOOKKEEPING:
            self._note_unknown(kind, line)
            return
        self._kept[kind] += 1
        if kind == "queue-operation":
            take_queue(self.transcript, record, self._clock.read(record.timestamp))

    def _take_copy(self, record: Record, copy: Copy, node: Node) -> None:
        """A subagent's record inside its parent's progress is taken as if it stood in a file of its own."""
        agent_id = record.data.agent_id if record.data is not None else None
        if not agent_id:
            return
        lane = self._lane(self._session_id, agent_id)
        before = self._copied.get(agent_id)
        if before is None and record.parent_tool_use_id:
            spawn = f"tool:{record.parent_tool_use_id}"
            self.transcript.told.append(Told(lane, node.lane.agent_key, spawn))
        uuid = copy.uuid or f"{node.uuid}:copy"
        if uuid in self.transcript.nodes:
            return
        inner = Node(uuid, node.line, before, self._clock.read(copy.timestamp), lane)
        self.transcript.nodes[uuid] = inner
        self._copied[agent_id] = uuid
        taken = Record(type=copy.type, uuid=uuid, version=record.version, request_id=copy.request_id)
        taken.message, taken.tool_use_result = copy.message, copy.tool_use_result
        if copy.type in {"assistant", "user"}:
            self._take_chained(taken, inner)
        lane.latest = max(lane.latest, inner.t_ns)

    def _lane_of(self, record: Record, uuid: str) -> Lane:
        if not record.is_sidechain and (record.agent_id is None or record.is_sidechain is False):
            if self._main is None:
                self._main = self._lane(self._session_id, None)
                self.transcript.first_parents.setdefault(self._main.session_key, record.parent_uuid)
            return self._main
        if record.agent_id:
            return self._lane(self._session_id, record.agent_id)
        above = self.transcript.nodes.get(record.parent_uuid or "")
        if above is not None and above.lane.sidechain:
            return above.lane
        return self._lane(self._session_id, f"sidechain-{record.parent_uuid or uuid}")

    def _lane(self, session_id: str, agent_id: str | None) -> Lane:
        lane = self.transcript.lanes.get((session_id, agent_id))
        if lane is None:
            lane = self.transcript.lanes[session_id, agent_id] = _new_lane(session_id, agent_id)
        return lane

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


def _new_lane(session_id: str, agent_id: str | None) -> Lane:
    """The compacting agent works for the main one; other agents named so serve the program itself."""
    session_key = f"claude:{session_id}"
    main_key = f"{session_id}:main"
    if agent_id is None:
        return Lane(session_key, main_key, None, main=True, sidechain=False)
    side = _SIDE_AGENT.fullmatch(agent_id)
    if side is None:
        return Lane(session_key, f"{session_id}:{agent_id}", agent_id, main=False, sidechain=True)
    if side[1] == _COMPACTING:
        return Lane(session_key, main_key, agent_id, main=True, sidechain=True, purpose=Purpose.COMPACTION)
    return Lane(
        session_key,
        f"{session_id}:{agent_id}",
        agent_id,
        main=False,
        sidechain=True,
        purpose=Purpose.SIDE_REQUEST,
    )
