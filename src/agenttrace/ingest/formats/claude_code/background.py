"""What runs in the background: where it was launched, when its end was told, and who went on with it."""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.answers import AGENT_TOOLS
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Result, Tool
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import LinkKind, Phase, Severity, SpanKind


def write_background(work: Work) -> None:
    """Joins of agents and of commands in the background; a span for each whose end was used.

    An agent that has spans of its own needs none. Of one that no file of the session tells anything of, as
    little is known as of a command: when it was launched, and when its end was heard of.
    """
    ended, launched = _ends(work), _launched(work)
    seen = {(span.session_key, span.agent_key) for span in work.rows.spans} if launched else set()
    used: set[str] = set()
    for tool, result in launched:
        ids = [name for name in (result.task_id, tool.id) if name]
        told = sorted(one for name in ids for one in work.told.pop(name, ()))
        if not told:
            continue
        _, used_by, rule, place = told[-1]
        lane_key = _lane_key(tool, result)
        known = [ended[name] for name in ids if name in ended]
        end_ns = min([*known, told[-1][0]])
        lasted = UNKNOWN < result.t_ns < end_ns
        if lane_key is not None:
            source = lane_key
            if work.complete and lasted and (tool.lane.session_key, lane_key) not in seen:
                seen.add((tool.lane.session_key, lane_key))
                work.rows.spans.append(_agent(tool, result, lane_key, end_ns))
        else:
            source = _free_key(result, tool, used) if lasted else tool.key
            if lasted:
                work.rows.spans.append(_command(tool, source, result.t_ns, end_ns))
        work.rows.link((place, tool.lane.session_key), source, used_by, LinkKind.JOINS, rule)
    for told in work.told.values():
        for *_, place in told:
            what = "news of something in the background whose start is not in the file"
            work.recorders.finding("unknown_task", Severity.INFO, what, place, whole=True)


def agent_key(tool: Tool, agent_id: str) -> str:
    """The lane of an agent that a call launched."""
    return f"{tool.lane.session_key.removeprefix('claude:')}:{agent_id}"


def by_time(tool: Tool) -> tuple[int, str]:
    """What calls are sorted by, where the first of several counts."""
    return tool.emitted_ns, tool.id


def _lane_key(tool: Tool, result: Result) -> str | None:
    """The lane of the agent that the call launched; None if it launched something else."""
    return agent_key(tool, result.agent_id) if tool.name in AGENT_TOOLS and result.agent_id else None


def _free_key(result: Result, tool: Tool, used: set[str]) -> str:
    """The key of what a call launched; a workflow's agents know the first launch by the name of its run."""
    key = f"background:{result.run_id or tool.id}"
    key = key if key not in used else f"{key}:{tool.id}"
    used.add(key)
    return key


def _launched(work: Work) -> list[tuple[Tool, Result]]:
    tools = work.transcript.tools
    found = ((tool_id, result) for tool_id, result in work.transcript.results.items() if result.task_id)
    launched = [(tools[tool_id], result) for tool_id, result in found if tool_id in tools]
    return sorted(launched, key=lambda one: by_time(one[0]))


def _ends(work: Work) -> dict[str, int]:
    """When the end of each task was first known."""
    ends: dict[str, int] = {}
    for notice in work.transcript.notices:
        for name in (notice.task_id, notice.tool_id):
            if name and notice.ended and notice.t_ns != UNKNOWN:
                ends[name] = min(notice.t_ns, ends.get(name, notice.t_ns))
    return ends


def _command(tool: Tool, key: str, start_ns: int, end_ns: int) -> Span:
    return Span(
        session_key=tool.lane.session_key,
        span_key=key,
        agent_key=tool.lane.agent_key,
        place=tool.place,
        kind=SpanKind.OTHER,
        name=f"{tool.name} in the background",
        start_ns=start_ns,
        end_ns=end_ns,
        blocking=False,
        own_phase=Phase.TOOL,
    )


def _agent(tool: Tool, result: Result, lane_key: str, end_ns: int) -> Span:
    """Its phase is that of a call which waits for its agent, when nothing else is known of that."""
    return Span(
        session_key=tool.lane.session_key,
        span_key=f"agent:{lane_key}",
        agent_key=lane_key,
        place=tool.place,
        kind=SpanKind.AGENT,
        name=tool.agent_type or result.agent_type,
        start_ns=result.t_ns,
        end_ns=end_ns,
        blocking=False,
        own_phase=Phase.TOOL,
    )
