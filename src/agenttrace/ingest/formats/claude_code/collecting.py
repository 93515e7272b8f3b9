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
        "last-prompt", "mode", "permission-mode", "pr-link", "queue-operation", "speculation-accept", "summary",
        "tag", "task-summary", "worktree-state",
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
        self._kept: Counter[str] = Counter()
        self._versions: set[str] = set()
        self._copied: dict[str, str] = {}

    def take(self, line: int, record: Record) -> None:
        """One record. Whatever is in it, this does not raise."""
        kind = record.type
        if record.sessionId:
            self._session_id = record.sessionId
        if kind not in CHAINED:
            self._take_unchained(line, record)
            return
        if record.version:
            self._versions.add(record.version)
        uuid = record.uuid or f"line:{line}"
        nodes = self.transcript.nodes
        if uuid in nodes:
            what = "a record that was read before: counted once"
            self._recorder.finding("duplicate_record", Severity.INFO, what, line=line)
            return
        lane = self._lane_of(record, uuid)
        node = nodes[uuid] = Node(uuid, line, record.parentUuid, self._clock.read(record.timestamp), lane)
        self._note_place(node, record)
        self._take_chained(record, node)
        lane.latest = max(lane.latest, node.t_ns)

    def finish(self) -> Transcript:
        """Records what was counted, and hands over."""
        for version in sorted(self._versions):
            if _VERSION.fullmatch(version):
                self._recorder.dialect(version)
        self._count("unknown_record", Severity.WARNING, self._unknown)
        self._count("bookkeeping", Severity.INFO, self._kept)
        return self.transcript

    def _take_chained(self, record: Record, node: Node) -> None:
        match record.type:
            case "assistant":
                take_answer(self.transcript, self._recorder, record, node)
            case "user":
                take_reply(self.transcript, record, node)
            case "attachment":
                take_attachment(self.transcript, record, node)
            case "progress":
                if record.data is not None and isinstance(record.data.message, Copy):
                    self._take_copy(record, record.data.message, node)
                else:
                    take_progress(self.transcript, record, node)
            case _:
                if record.subtype not in KNOWN_SUBTYPES:
                    self._unknown[f"system/{record.subtype}"] += 1
                take_system(self.transcript, self._recorder, record, node)

    def _take_unchained(self, line: int, record: Record) -> None:
        kind = record.type or "none"
        if kind not in BOOKKEEPING:
            if not self._unknown:
                what = "records of types that are not known, or of none"
                self._recorder.finding("unknown_record", Severity.WARNING, what, line=line, count=0)
            self._unknown[kind] += 1
            return
        self._kept[kind] += 1
        if kind == "queue-operation":
            take_queue(self.transcript, record, self._clock.read(record.timestamp))

    def _take_copy(self, record: Record, copy: Copy, node: Node) -> None:
        """A subagent's record inside its parent's progress is taken as if it stood in a file of its own."""
        agent_id = record.data.agentId if record.data is not None else None
        if not agent_id:
            return
        lane = self._lane(self._session_id, agent_id)
        before = self._copied.get(agent_id)
        if before is None and record.parentToolUseID:
            spawn = f"tool:{record.parentToolUseID}"
            self.transcript.told.append(Told(lane, node.lane.agent_key, spawn, None, None))
        uuid = copy.uuid or f"{node.uuid}:copy"
        if uuid in self.transcript.nodes:
            return
        inner = Node(uuid, node.line, before, self._clock.read(copy.timestamp), lane)
        self.transcript.nodes[uuid] = inner
        self._copied[agent_id] = uuid
        taken = Record(type=copy.type, uuid=uuid, version=record.version, requestId=copy.requestId)
        taken.message, taken.toolUseResult = copy.message, copy.toolUseResult
        if copy.type in {"assistant", "user"}:
            self._take_chained(taken, inner)
        lane.latest = max(lane.latest, inner.t_ns)

    def _lane_of(self, record: Record, uuid: str) -> Lane:
        if record.agentId and record.isSidechain is not False:
            return self._lane(self._session_id, record.agentId)
        if not record.isSidechain:
            return self._lane(self._session_id, None)
        above = self.transcript.nodes.get(record.parentUuid or "")
        if above is not None and above.lane.sidechain:
            return above.lane
        return self._lane(self._session_id, f"sidechain-{record.parentUuid or uuid}")

    def _lane(self, session_id: str, agent_id: str | None) -> Lane:
        lane = self.transcript.lanes.get((session_id, agent_id))
        if lane is None:
            lane = self.transcript.lanes[session_id, agent_id] = _new_lane(session_id, agent_id)
        return lane

    def _note_place(self, node: Node, record: Record) -> None:
        """Where the main chain begins, and where it goes on in another session of the same file."""
        lane = node.lane
        if lane.sidechain:
            return
        self.transcript.first_nodes.setdefault(lane.session_key, node)
        if node.parent is None:
            self.transcript.roots.append(node)
            return
        above = self.transcript.nodes.get(node.parent)
        if above is not None and above.lane.session_key != lane.session_key:
            self.transcript.crossings.add((above.lane.session_key, lane.session_key))

    def _count(self, code: str, severity: Severity, counted: Counter[str]) -> None:
        if counted:
            shown = ", ".join(
                f"{kind if _WORD.fullmatch(kind) else '?'} ×{count}" for kind, count in counted.most_common(8)
            )
            self._recorder.finding(code, severity, shown, count=counted.total())


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
