"""Gathers the records of one session from however many files: each once, whatever order they come in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import repeat

import msgspec
from msgspec import Struct

from agenttrace.ingest.formats.claude_code.answers import take_answer
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN, read_time
from agenttrace.ingest.formats.claude_code.collected import Lane, Node, Told, Transcript
from agenttrace.ingest.formats.claude_code.events import take_attachment, take_progress, take_system
from agenttrace.ingest.formats.claude_code.lanes import lane_of
from agenttrace.ingest.formats.claude_code.places import Recorders, first_place, source_of
from agenttrace.ingest.formats.claude_code.records import Copy, Record
from agenttrace.ingest.formats.claude_code.replies import settle_results, take_reply
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_SAME_NS = 2_000_000
"""One record has one time; a copy of it may be rounded."""


class Nameless(Struct, gc=False):
    """A record of a sidechain that does not say which agent's it is."""

    record: Record
    place: int
    session_id: str

    @property
    def uuid(self) -> str:
        """The name of the record."""
        return self.record.uuid or _name(self.record, self.session_id)


class Gathering:
    """Fills a `Transcript`; `settle` decides what only all files together tell.

    `sessions`: the ids of all sessions that were met. `conflicts`: how many more records, met in two files,
    differ in their times than agree; files that mostly differ are of different runs.
    """

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.transcript = Transcript()
        self.recorders = Recorders()
        self.sessions: set[str] = set()
        self.nameless: list[Nameless] = []
        self.conflicts = 0
        self._copies: dict[str, Node] = {}
        self._copied: dict[tuple[str, str | None], list[tuple[int, int, str]]] = defaultdict(list)

    def open(self, recorder: Recorder) -> int:
        """One more source; the place before its first line."""
        self.recorders.all.append(recorder)
        return first_place(len(self.recorders.all) - 1)

    def note_spread(self, lane: Lane, place: int) -> None:
        """The source of that place holds records of the lane."""
        session_id = lane.session_key.removeprefix("claude:")
        self.transcript.spread[session_id, lane.agent_id].add(source_of(place))

    def take(
        self, records: Sequence[Record], times: Sequence[int], first: int, lane: Lane, session_id: str
    ) -> None:
        """Records of the chain that are of one lane and follow each other, each with its instant.

        `first`: the place of the first of them.
        """
        uuids = [record.uuid or _name(record, session_id) for record in records]
        parents = [record.parent_uuid for record in records]
        places = range(first, first + len(records))
        nodes = list(map(Node, uuids, places, parents, times, repeat(lane)))
        known, new = self.transcript.nodes, dict(zip(uuids, nodes, strict=True))
        if len(new) == len(nodes) and known.keys().isdisjoint(new):
            known.update(new)
        else:
            records, nodes = self._new_of(records, nodes)
        if None in parents and not lane.sidechain:
            self.transcript.roots += [node for node in nodes if node.parent is None]
        _note_first(lane, nodes)
        take_chained = self._take_chained
        for record, node in zip(records, nodes, strict=True):
            take_chained(record, node)

    def _new_of(self, records: Sequence[Record], nodes: list[Node]) -> tuple[list[Record], list[Node]]:
        """Those that were not read before; one that was seen as a copy takes the copy's place."""
        new: list[tuple[Record, Node]] = []
        for record, node in zip(records, nodes, strict=True):
            known = self.transcript.nodes.setdefault(node.uuid, node)
            if known is node:
                new.append((record, node))
            elif node.uuid in self._copies:
                del self._copies[node.uuid]
                known.place, known.parent, known.t_ns, known.lane = (
                    node.place,
                    node.parent,
                    node.t_ns,
                    node.lane,
                )
                new.append((record, known))
            else:
                self._note_again(known, record, node)
        return [record for record, _ in new], [node for _, node in new]

    def settle(self) -> Transcript:
        """All files are read: what was said twice is one, and copies stand in the order of their times."""
        self._place_nameless()
        for chain in self._copied.values():
            before = None
            for *_, uuid in sorted(chain):
                if uuid in self._copies:
                    self._copies[uuid].parent = before
                before = uuid
        settle_results(self.transcript)
        return self.transcript

    def _note_again(self, known: Node, record: Record, again: Node) -> None:
        """A tail that was kept over a compaction may have two parents: any one, but always the same."""
        what = "a record that was read before: counted once"
        self.recorders.finding("duplicate_record", Severity.INFO, what, again.place)
        if record.parent_uuid != known.parent:
            known.parent = min(filter(None, (record.parent_uuid, known.parent)))
        if source_of(again.place) != source_of(known.place) and again.t_ns != UNKNOWN != known.t_ns:
            self.conflicts += 1 if abs(again.t_ns - known.t_ns) > _SAME_NS else -1

    def _take_chained(self, record: Record, node: Node) -> None:
        kind = record.type
        if kind == "assistant":
            take_answer(self.transcript, self.recorders, record, node)
        elif kind == "progress":
            news = record.data
            if news is not None and isinstance(news.message, Copy):
                self._take_copy(record, news.agent_id, news.message, node)
            elif news is not None and record.parent_tool_use_id is not None:
                take_progress(self.transcript, news, record.parent_tool_use_id, node)
        elif kind == "user":
            take_reply(self.transcript, record, node)
        elif kind == "attachment":
            take_attachment(self.transcript, record, node)
        else:
            take_system(self.transcript, self.recorders, record, node)

    def _take_copy(self, record: Record, agent_id: str | None, copy: Copy, node: Node) -> None:
        """A subagent's record inside its parent's progress is taken as if it stood in a file of its own.

        Where it does, that one counts.
        """
        if not agent_id:
            return
        session_id = node.lane.session_key.removeprefix("claude:")
        lane = lane_of(self.transcript, session_id, agent_id, node.place)
        if record.parent_tool_use_id:
            self._note_spawn(lane, node, record.parent_tool_use_id)
        t_ns = read_time(copy.timestamp)
        uuid = copy.uuid or f"{node.uuid}:copy"
        self._copied[session_id, agent_id].append((t_ns, node.t_ns, uuid))
        if uuid in self.transcript.nodes:
            return
        inner = self.transcript.nodes[uuid] = self._copies[uuid] = Node(uuid, node.place, None, t_ns, lane)
        taken = Record(type=copy.type, uuid=uuid, version=record.version, request_id=copy.request_id)
        taken.message, taken.tool_use_result = copy.message, copy.tool_use_result
        if copy.type in {"assistant", "user"}:
            self._take_chained(taken, inner)

    def _note_spawn(self, lane: Lane, node: Node, tool_id: str) -> None:
        key, since = (lane.session_key, lane.agent_key), (node.t_ns, node.uuid)
        known = self.transcript.told.get(key)
        if known is None or since < known.since:
            self.transcript.told[key] = Told(lane, since, node.lane.agent_key, f"tool:{tool_id}")

    def _place_nameless(self) -> None:
        """A sidechain without a name is known by what its chain begins with."""
        by_name = {one.uuid: one for one in reversed(self.nameless)}
        lanes: dict[str, Lane] = {}
        for name in by_name:
            path: dict[str, Nameless] = {}
            here: str | None = name
            while here in by_name and here not in lanes and here not in path:
                path[here] = by_name[here]
                here = by_name[here].record.parent_uuid
            lane = lanes.get(here or "") or self._lane_from(path, here)
            lanes.update(dict.fromkeys(path, lane))
        for one in self.nameless:
            self.note_spread(lanes[one.uuid], one.place)
            t_ns = read_time(one.record.timestamp)
            self.take([one.record], [t_ns], one.place, lanes[one.uuid], one.session_id)

    def _lane_from(self, path: dict[str, Nameless], above: str | None) -> Lane:
        top = next(reversed(path.values()))
        node = self.transcript.nodes.get(above or "")
        if node is not None and node.lane.sidechain:
            return node.lane
        return lane_of(self.transcript, top.session_id, f"sidechain-{above or top.uuid}", top.place)


def _note_first(lane: Lane, nodes: list[Node]) -> None:
    times = [node.t_ns for node in nodes]
    earliest_ns = min((t_ns for t_ns in times if t_ns != UNKNOWN), default=UNKNOWN)
    if UNKNOWN < earliest_ns < lane.first_ns:
        lane.first, lane.first_ns = nodes[times.index(earliest_ns)].uuid, earliest_ns
    elif nodes and lane.first is None:
        lane.first = nodes[0].uuid


def _name(record: Record, session_id: str) -> str:
    """Of a record without a uuid: what it says, so that it is one in any file and on any line."""
    said = msgspec.json.encode(record) + session_id.encode(errors="replace")
    return f"content:{hashlib.blake2b(said, digest_size=12).hexdigest()}"
