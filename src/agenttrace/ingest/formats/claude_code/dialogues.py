"""Waiting for the user inside tools: questions and plans by their nature, permissions by the turn's measure.

`turn_duration` leaves out the time that a dialogue was open, but also the hooks before the first request
and after the last answer. What of (end - start - duration_ms) those do not explain was spent in dialogues.
It belongs to the one call that is about as long; where no call is, each call gets what no other could
have taken (the whole less the room in all others), and the rest stays with the tools, as a finding.

In turns without that measure, writing a file shows it: it is done in milliseconds, unless somebody is asked first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict

from agenttrace.ingest.formats.claude_code.answers import AGENT_TOOLS
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Tool, TurnEnd
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Evidence, Severity, SpanKind

QUESTIONS = frozenset({"AskUserQuestion", "ExitPlanMode", "exit_plan_mode", "EnterPlanMode"})
WRITES = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
_OPAQUE = AGENT_TOOLS | {"TaskOutput", "AgentOutputTool", "BashOutput", "Monitor", "Workflow"}
_SECOND = 10**9
_LEAST_NS = 5 * _SECOND
_LEAST_SHARE_NS = 10 * _SECOND
_CLOSE_NS = _SECOND // 2
_CLOSE_SHARE = 0.1


def write_dialogues(work: Work) -> None:
    """Spans of waiting for the user, as children of the calls in which it happened."""
    for tool in work.transcript.tools.values():
        if tool.name in QUESTIONS and tool.end_ns > tool.start_ns > UNKNOWN:
            _write(work, tool, tool.end_ns, Evidence.MEASURED)
    calls = _main_calls(work)
    measured = _place_measured(work, calls) if work.transcript.turn_ends else set()
    for mine in calls.values():
        _place_permissions(work, [tool for tool in mine if tool.id not in measured])


def _place_measured(work: Work, calls: dict[str, list[Tool]]) -> set[str]:
    """In turns of which the program measured the length; the ids of the calls in these."""
    turns = _Turns(work)
    measured: set[str] = set()
    for end in sorted(work.transcript.turn_ends, key=lambda end: end.node.t_ns):
        turn = turns.close(end)
        if turn is not None:
            start_ns, open_ns = turn
            mine = calls[end.node.lane.agent_key]
            first = bisect_left(mine, start_ns, key=_start)
            last = bisect_left(mine, end.node.t_ns, key=_start)
            _place(work, end, mine[first:last], open_ns)
            measured.update(tool.id for tool in mine[first:last])
    return measured


def _place_permissions(work: Work, tools: list[Tool]) -> None:
    """From when the call can have been run, the one before it being done, to when it was."""
    done: dict[str, int] = {}
    for tool in sorted(tools, key=lambda tool: (tool.end_ns, tool.id)):
        start_ns = max(tool.start_ns, done.get(tool.answer.key, UNKNOWN))
        done[tool.answer.key] = tool.end_ns
        if tool.name not in WRITES:
            continue
        until_ns = tool.start_ns + _room(work, tool)
        if until_ns - start_ns >= _LEAST_SHARE_NS:
            seconds = (until_ns - start_ns) // _SECOND
            what = f"a file was written {seconds} s after it was asked for: taken as waiting for the user"
            work.recorders.finding("permission_inferred", Severity.INFO, what, tool.place)
            _write(work, tool, until_ns, Evidence.BOUNDED, start_ns)


def _main_calls(work: Work) -> dict[str, list[Tool]]:
    """The finished calls of each main lane, by their start."""
    calls: dict[str, list[Tool]] = defaultdict(list)
    for tool in sorted(work.transcript.tools.values(), key=lambda tool: (tool.start_ns, tool.id)):
        if tool.lane.main and tool.end_ns > tool.start_ns > UNKNOWN:
            calls[tool.lane.agent_key].append(tool)
    return calls


def _start(tool: Tool) -> int:
    return tool.start_ns


class _Turns:
    """Where each turn began, and for how long dialogues were open in it."""

    def __init__(self, work: Work) -> None:
        """For all turns of a transcript, which are closed in order."""
        self._begun: dict[str, list[int]] = defaultdict(list)
        self._ended: dict[str, int] = {}
        self._starts: dict[str, list[int]] = defaultdict(list)
        self._answers: dict[str, list[int]] = defaultdict(list)
        for node in work.transcript.turn_starts:
            if node.t_ns != UNKNOWN and not node.lane.sidechain:
                self._begun[node.lane.agent_key].append(node.t_ns)
        for span in work.rows.spans:
            if span.kind is SpanKind.REQUEST and span.start_ns is not None and span.end_ns is not None:
                self._starts[span.agent_key].append(span.start_ns)
                self._answers[span.agent_key].append(span.end_ns)
        for times in (self._begun, self._starts, self._answers):
            for each in times.values():
                each.sort()

    def close(self, end: TurnEnd) -> tuple[int, int] | None:
        """(start, open time), or None where the turn's start is not to be found."""
        lane, t_ns = end.node.lane.agent_key, end.node.t_ns
        if t_ns == UNKNOWN:
            return None
        since = self._ended.get(lane, UNKNOWN)
        self._ended[lane] = t_ns
        begun = self._begun[lane]
        latest = t_ns - end.duration_ns + _SECOND
        place = bisect_right(begun, latest)
        if not place or begun[place - 1] < since:
            return None
        start_ns = begun[place - 1]
        starts, answers = self._starts[lane], self._answers[lane]
        first, last = bisect_left(starts, start_ns), bisect_right(answers, t_ns)
        before = starts[first] - start_ns if first < len(starts) and starts[first] < t_ns else 0
        after = t_ns - answers[last - 1] if last and answers[last - 1] > start_ns else 0
        return start_ns, t_ns - start_ns - end.duration_ns - before - after


def _place(work: Work, end: TurnEnd, tools: list[Tool], open_ns: int) -> None:
    left_ns = open_ns - sum(tool.end_ns - tool.start_ns for tool in tools if tool.name in QUESTIONS)
    others = [(tool, _room(work, tool)) for tool in tools if tool.name not in QUESTIONS]
    if left_ns < _LEAST_NS or not others:
        return
    near = max(_CLOSE_NS, round(left_ns * _CLOSE_SHARE))
    close = [
        (tool, room) for tool, room in others if tool.name not in _OPAQUE and abs(room - left_ns) <= near
    ]
    if len(close) == 1:
        tool, room = close[0]
        _write(work, tool, tool.start_ns + min(room, left_ns), Evidence.DERIVED)
        return
    if left_ns < _LEAST_SHARE_NS:
        return
    spare = sum(room for _, room in others) - left_ns
    placed = 0
    for tool, room in others:
        if spare >= 0 and room - spare >= _LEAST_NS and tool.name not in _OPAQUE:
            _write(work, tool, tool.start_ns + room - spare, Evidence.BOUNDED)
            placed += room - spare
    if left_ns - placed >= _LEAST_NS:
        seconds = (left_ns - placed) // _SECOND
        what = f"{seconds} s of a turn were spent in dialogues, it is not known in which calls"
        work.recorders.finding("dialogue_unplaced", Severity.INFO, what, end.node.place)


def _room(work: Work, tool: Tool) -> int:
    """How long a dialogue can have been open before the call was run."""
    length = tool.end_ns - tool.start_ns
    if tool.executed_ns is not None:
        return length - tool.executed_ns
    running_ns = work.transcript.running_ns.get(tool.id)
    if running_ns is not None and tool.start_ns <= running_ns <= tool.end_ns:
        return min(length, running_ns - tool.start_ns + _SECOND)
    return length


def _write(work: Work, tool: Tool, until_ns: int, evidence: Evidence, start_ns: int | None = None) -> None:
    work.rows.spans.append(
        Span(
            session_key=tool.lane.session_key,
            span_key=f"dialogue:{tool.id}",
            agent_key=tool.lane.agent_key,
            parent_key=tool.key,
            place=tool.place,
            kind=SpanKind.USER_WAIT,
            start_ns=tool.start_ns if start_ns is None else start_ns,
            end_ns=until_ns,
            start_evidence=evidence,
            end_evidence=evidence,
        )
    )
