"""Compactions as spans: from the last thing that was said, or the command, to the summary.

The request that writes the summary stands in a file of its own. Both files know the record that came
last before it, and that record names the span: in 3 of 3 real pairs it is the same one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

from agenttrace.ingest.formats.claude_code.causes import Cause
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Boundary, Role, Transcript
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind

_SAID = frozenset({Role.ANSWER, Role.PROMPT, Role.RESULT})
_COMMAND = "<command-name>/compact"
_REMINDERS = 1_000
"""So many records may stand between what was said last and the request for a summary."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A compaction that lies behind."""

    t_ns: int
    key: str


@dataclass(slots=True)
class Boundaries:
    """The ends of the compactions of each lane, in order of time."""

    _of_lane: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, agent_key: str, t_ns: int, key: str) -> None:
        """One more; `sort` when all are known."""
        self._of_lane.setdefault(agent_key, []).append((t_ns, key))

    def sort(self) -> None:
        """Puts them in order."""
        for ends in self._of_lane.values():
            ends.sort()

    def passed(self, agent_key: str, start_ns: int | None, first_ns: int) -> Passed | None:
        """The last one between a request's supposed start and its first block: it cannot have begun before.

        A tail that was kept over the compaction stands under the summary with its old times.
        """
        ends = self._of_lane.get(agent_key)
        if not ends or start_ns is None:
            return None
        place = bisect_right(ends, first_ns, key=lambda end: end[0])
        if not place or ends[place - 1][0] <= start_ns:
            return None
        return Passed(*ends[place - 1])


def name_compactions(transcript: Transcript) -> dict[str, str]:
    """The span key of each boundary: by the last record before it that both files know."""
    keys: dict[str, str] = {}
    said: dict[str, list[tuple[int, str]]] | None = None
    for uuid, boundary in transcript.boundaries.items():
        if boundary.before not in transcript.nodes:
            said = _said(transcript) if said is None else said
            before = said.get(boundary.node.lane.agent_key, [])
            place = bisect_right(before, boundary.node.t_ns, key=lambda one: one[0])
            boundary.before = before[place - 1][1] if place else boundary.before
        keys[uuid] = _key(boundary.before or uuid)
    return keys


def _said(transcript: Transcript) -> dict[str, list[tuple[int, str]]]:
    """What was said in each lane, in order of time."""
    said: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for node in transcript.nodes.values():
        if node.role in _SAID and node.lane.purpose is Purpose.TURN:
            said[node.lane.agent_key].append((node.t_ns, node.uuid))
    for nodes in said.values():
        nodes.sort()
    return said


def compaction_above(transcript: Transcript, cause: Cause) -> str | None:
    """The key of the compaction that a summary's request belongs to: by what its chain hangs on."""
    if cause.lost is not None:
        return _key(cause.lost)
    node = cause.end
    for _ in range(_REMINDERS):
        if node is None or node.parent is None:
            return None
        above = transcript.nodes.get(node.parent)
        if above is None or above.lane.purpose is not Purpose.COMPACTION:
            return _key(node.parent)
        node = above
    return None


def _key(record: str) -> str:
    return f"compact:{record}"


def write_compactions(work: Work) -> Boundaries:
    """A span for each boundary."""
    ends = Boundaries()
    commands = _commands(work.transcript) if work.transcript.boundaries else []
    for boundary in work.transcript.boundaries.values():
        key = work.compaction_keys[boundary.node.uuid]
        lane = boundary.node.lane
        cause = work.walker.find(boundary.before, boundary.node.t_ns)
        start_ns = _start(boundary, cause, commands)
        measured = boundary.duration_ns is not None
        span = Span(
            session_key=lane.session_key,
            span_key=key,
            agent_key=lane.agent_key,
            place=boundary.node.place,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=start_ns or None,
            end_ns=boundary.node.t_ns or None,
            start_evidence=Evidence.MEASURED if measured else Evidence.BOUNDED,
            end_evidence=Evidence.MEASURED,
            tokens_before=boundary.tokens_before,
            tokens_after=boundary.tokens_after,
            compaction_trigger=boundary.trigger,
        )
        work.rows.spans.append(span)
        work.depend(span, cause)
        if boundary.node.t_ns != UNKNOWN:
            ends.add(lane.agent_key, boundary.node.t_ns, key)
    ends.sort()
    return ends


def _start(boundary: Boundary, cause: Cause, commands: list[int]) -> int:
    """From its stated length; else after what was said before it, and after the user's command for it."""
    t_ns = boundary.node.t_ns
    if boundary.duration_ns is not None and t_ns != UNKNOWN:
        return t_ns - boundary.duration_ns
    start_ns = min(cause.ready_ns, t_ns) if cause.known else t_ns
    place = bisect_right(commands, t_ns)
    return max(start_ns, commands[place - 1]) if place else start_ns


def _commands(transcript: Transcript) -> list[int]:
    """When the user asked for compactions: idle time before that is no part of them."""
    asked = (prompt.node.t_ns for prompt in transcript.prompts if prompt.text.startswith(_COMMAND))
    return sorted(asked)
