"""What runs in the background: where it was launched, when its end was told, and who went on with it."""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.answers import AGENT_TOOLS
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Result, Tool
from agenttrace.ingest.formats.claude_code.rows import Link, Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Evidence, LinkKind, Phase, Severity, SpanKind


def write_background(work: Work) -> None:
    """Joins of agents and of commands in the background; a span for each command whose end was used."""
    ended = _ends(work)
    used: set[str] = set()
    for tool, result in _launched(work):
        ids = [name for name in (result.task_id, tool.id) if name]
        told = sorted(one for name in ids for one in work.told.pop(name, ()))
        if not told:
            continue
        _, used_by, rule, place = told[-1]
        if tool.name in AGENT_TOOLS and result.agent_id:
            source = agent_key(tool, result.agent_id)
        else:
            known = [ended[name] for name in ids if name in ended]
            end_ns = min([*known, told[-1][0]])
            source = tool.key
            if UNKNOWN < result.t_ns < end_ns:
                source = _free_key(result, tool, used)
                _write(work, source, tool, result.t_ns, end_ns)
        work.rows.links.append(
            Link(
                place=place,
                session_key=tool.lane.session_key,
                from_key=source,
                to_key=used_by,
                kind=LinkKind.JOINS,
                rule=rule,
            )
        )
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


def _free_key(result: Result, tool: Tool, used: set[str]) -> str:
    """The key of what a call launched; a workflow's agents know the first launch by the name of its run."""
    key = f"background:{result.run_id or tool.id}"
    key = key if key not in used else f"{key}:{tool.id}"
    used.add(key)
    return key


def _launched(work: Work) -> list[tuple[Tool, Result]]:
    results = work.transcript.results
    ordered = sorted(work.transcript.tools.values(), key=by_time)
    found = ((tool, results.get(tool.id)) for tool in ordered)
    return [(tool, result) for tool, result in found if result is not None and result.task_id]


def _ends(work: Work) -> dict[str, int]:
    """When the end of each task was first known."""
    ends: dict[str, int] = {}
    for notice in work.transcript.notices:
        for name in (notice.task_id, notice.tool_id):
            if name and notice.ended and notice.t_ns != UNKNOWN:
                ends[name] = min(notice.t_ns, ends.get(name, notice.t_ns))
    return ends


def _write(work: Work, key: str, tool: Tool, start_ns: int, end_ns: int) -> None:
    work.rows.spans.append(
        Span(
            session_key=tool.lane.session_key,
            span_key=key,
            agent_key=tool.lane.agent_key,
            place=tool.place,
            kind=SpanKind.OTHER,
            name=f"{tool.name} in the background",
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=Evidence.BOUNDED,
            end_evidence=Evidence.BOUNDED,
            blocking=False,
            own_phase=Phase.TOOL,
        )
    )
