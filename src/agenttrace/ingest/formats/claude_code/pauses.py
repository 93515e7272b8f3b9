"""Waiting for the user between turns: from the last sign of work to the next prompt.

A prompt that was queued while the agent worked was not waited for; nor is one that comes while a request,
a tool or a compaction runs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Node, Role, Transcript
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Evidence, LinkKind, SpanKind

_BUSY = frozenset({SpanKind.REQUEST, SpanKind.TOOL, SpanKind.COMPACTION})


def write_pauses(work: Work) -> None:
    """A span of waiting for each prompt of a main lane that was waited for."""
    busy = _busy(work)
    came: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    for t_ns, node in _prompts(work):
        came[node.lane.agent_key].append((t_ns, node))
    noted = {(node.lane.agent_key, node.t_ns) for node in work.transcript.worked}
    for agent_key, prompts in came.items():
        reach = _Reach(busy.get(agent_key, []))
        prompts.sort(key=lambda prompt: (prompt[0], prompt[1].uuid))
        before = UNKNOWN
        for t_ns, node in prompts:
            since = max(reach.at(t_ns), before)
            if UNKNOWN < since < t_ns:
                stated = (agent_key, since) in noted
                _write(work, node, (since, t_ns), Evidence.MEASURED if stated else Evidence.BOUNDED)
            before = max(before, t_ns)


def _prompts(work: Work) -> list[tuple[int, Node]]:
    """Each prompt, or command that work went on from, with the time at which it was given."""
    nodes = work.transcript.nodes
    given = [(t_ns, node) for node, t_ns in _given(work.transcript) if t_ns != UNKNOWN]
    commands = (nodes[uuid] for uuid in work.asked if nodes[uuid].role is Role.COMMAND)
    return given + [(node.t_ns, node) for node in commands if node.t_ns != UNKNOWN]


def _given(transcript: Transcript) -> Iterator[tuple[Node, int]]:
    """A prompt from the queue was given when it was put there; one of which that is not known is left out."""
    queued = {said: sorted(times) for said, times in transcript.queued.items()}
    for prompt in sorted(transcript.prompts, key=lambda prompt: (prompt.node.t_ns, prompt.node.uuid)):
        times = queued.get(prompt.text, []) if prompt.queued is not False else []
        place = bisect_right(times, prompt.node.t_ns)
        if place:
            yield prompt.node, times.pop(place - 1)
        elif not prompt.queued:
            yield prompt.node, prompt.node.t_ns


class _Reach:
    """How far work had come at an instant."""

    def __init__(self, busy: list[tuple[int, int]]) -> None:
        """`busy`: intervals, in any order."""
        busy.sort()
        self._starts = [start for start, _ in busy]
        self._reach = list(accumulate((end for _, end in busy), max))

    def at(self, t_ns: int) -> int:
        """The latest end of what had started before; beyond `t_ns` if that was still running."""
        place = bisect_right(self._starts, t_ns - 1)
        return self._reach[place - 1] if place else UNKNOWN


def _busy(work: Work) -> dict[str, list[tuple[int, int]]]:
    busy: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for span in work.rows.spans:
        if span.kind in _BUSY and span.start_ns is not None:
            busy[span.agent_key].append((span.start_ns, span.end_ns or span.start_ns))
    for node in work.transcript.worked:
        if node.t_ns != UNKNOWN:
            busy[node.lane.agent_key].append((node.t_ns, node.t_ns))
    return busy


def _write(work: Work, node: Node, bounds: tuple[int, int], since: Evidence) -> None:
    session_key, key = node.lane.session_key, f"wait:{node.uuid}"
    work.rows.spans.append(
        Span(
            session_key=session_key,
            span_key=key,
            agent_key=node.lane.agent_key,
            place=node.place,
            kind=SpanKind.USER_WAIT,
            start_ns=bounds[0],
            end_ns=bounds[1],
            start_evidence=since,
            end_evidence=Evidence.MEASURED,
        )
    )
    for asked in work.asked.get(node.uuid, ()):
        work.rows.link((node.place, session_key), key, asked, LinkKind.FEEDS, "prompt")
