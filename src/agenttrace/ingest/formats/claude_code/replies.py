"""The other side of a transcript: prompts, tools' results, and news that the program brings."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct

from agenttrace.ingest.fields import duration_from_ms, duration_from_s, text
from agenttrace.ingest.formats.claude_code.clock import NEVER, UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Node, Notice, Prompt, Result, Role, Transcript
from agenttrace.ingest.formats.claude_code.records import NOTHING, Block, Outcome, Record, text_of, value_of

_TAG = re.compile(r"<(task-id|agent-id|tool-use-id|status)>([^<]{1,200})</")
_NOTICE_HEAD = 2_000
_NOTICES = ("<task-notification>", "<agent-notification>")
_OUTPUT = ("<local-command-stdout>", "<local-command-stderr>", "<bash-stdout>", "<bash-stderr>")
_INTERRUPTED = "[Request interrupted by user"
_IN_TOOL = "for tool use"
_REJECTED = ("User rejected tool use", "Error: The user doesn't want to proceed")
_LAUNCHED = "async_launched"
_STILL_RUNNING = "running"
_WATCHER = "Monitor"


class _Awaited(Struct):
    """A task in the background that was asked for its output."""

    task_id: str | None = None
    status: str | None = None


def take_reply(transcript: Transcript, record: Record, node: Node) -> None:
    """A record of the user's side."""
    message = record.message
    content = message.content if message is not None else None
    if isinstance(content, list):
        results = [block for block in content if block.type == "tool_result"]
        if results:
            node.role = Role.RESULT
            outcome = record.tool_use_result if len(results) == 1 else None
            for block in results:
                _take_result(transcript, block, outcome, node)
            return
        said = next((found for block in content if (found := text_of(block.text)) is not None), "")
    else:
        said = content or ""
    _take_text(transcript, record, node, said)


def _take_text(transcript: Transcript, record: Record, node: Node, said: str) -> None:
    node.role = _role(record, said)
    if node.role is Role.NOTICE:
        notice = read_notice(said, node.t_ns)
        node.about = notice.task_id or notice.tool_id
        transcript.notices.append(notice)
        transcript.turn_starts.append(node)
    elif node.role is Role.INTERRUPT:
        transcript.worked.append(node)
        if _IN_TOOL not in said:
            transcript.interrupts.append(node)
    elif node.role is Role.PROMPT:
        lane_key, first = node.lane.agent_key, (node.t_ns or NEVER, said)
        transcript.lane_prompts[lane_key] = min(first, transcript.lane_prompts.get(lane_key, first))
        if node.lane.main and not node.lane.sidechain:
            transcript.turn_starts.append(node)
            queued = record.prompt_source == "queued" if record.prompt_source else None
            transcript.prompts.append(Prompt(node, said, queued))


def _role(record: Record, said: str) -> Role:
    if record.is_compact_summary:
        return Role.SUMMARY
    if said.startswith(_INTERRUPTED):
        return Role.INTERRUPT
    origin = value_of(record.origin)
    kind = text(origin.get("kind")) if isinstance(origin, dict) else None
    if said.startswith(_NOTICES) or kind == "task-notification":
        return Role.NOTICE
    silent = record.is_meta or record.prompt_source == "system" or kind not in {None, "human"}
    return Role.OTHER if silent or said.startswith(_OUTPUT) else Role.PROMPT


def is_notice(said: str) -> bool:
    """Whether a text brings news of something in the background."""
    return said.startswith(_NOTICES)


def read_notice(said: str, t_ns: int) -> Notice:
    """The ids in it; the rest is content."""
    tags = dict(_TAG.findall(said[:_NOTICE_HEAD]))
    task_id = tags.get("task-id") or tags.get("agent-id")
    return Notice(task_id, tags.get("tool-use-id"), t_ns, ended="status" in tags)


def _take_result(
    transcript: Transcript, block: Block, outcome: Outcome | str | list[Raw] | None, node: Node
) -> None:
    tool_id = block.tool_use_id
    if tool_id is None:
        return
    known = transcript.results.get(tool_id)
    if known is not None and not _is_better(node.t_ns, known, bare=outcome is None):
        return
    result = Result(node.t_ns, bool(block.is_error), node.place, bare=outcome is None)
    if isinstance(outcome, Outcome):
        _read_outcome(result, outcome)
    elif isinstance(outcome, str):
        result.rejected = outcome.startswith(_REJECTED)
    transcript.results[tool_id] = result


def _is_better(t_ns: int, known: Result, *, bare: bool) -> bool:
    """Of two results of one call the earlier counts; of two at one time, the one that tells more."""
    if t_ns == known.t_ns:
        return known.bare and not bare
    return UNKNOWN < t_ns < (known.t_ns or NEVER)


def settle_results(transcript: Transcript) -> None:
    """What an outcome means depends on the tool, whose call may be read after its result."""
    for tool_id, result in transcript.results.items():
        tool = transcript.tools.get(tool_id)
        name = tool.name if tool else ""
        if name.startswith("mcp__"):
            result.launched = False
            result.agent_id = result.agent_type = result.run_id = result.task_id = None
        elif not result.launched and name != _WATCHER:
            result.task_id = None


def _read_outcome(result: Result, outcome: Outcome) -> None:
    result.duration_ns = _stated_duration(outcome)
    if outcome.task is not NOTHING:
        result.awaited_task = _ended_task(outcome.task)
    if outcome.status is not NOTHING:
        result.launched = text_of(outcome.status) == _LAUNCHED
    if outcome.agent_id is not NOTHING:
        result.task_id = result.agent_id = _name(outcome.agent_id)
    if outcome.agent_type is not NOTHING:
        result.agent_type = _name(outcome.agent_type)
    if outcome.run_id is not NOTHING:
        result.run_id = _name(outcome.run_id)
    if outcome.background_task_id is not NOTHING:
        result.launched = True
        result.task_id = _name(outcome.background_task_id) or result.task_id
    if outcome.task_id is not NOTHING:
        result.task_id = result.task_id or _name(outcome.task_id)


def _name(raw: Raw) -> str | None:
    return text(value_of(raw))


def _stated_duration(outcome: Outcome) -> int | None:
    if outcome.duration_ms is not NOTHING:
        return duration_from_ms(value_of(outcome.duration_ms))
    if outcome.total_duration_ms is not NOTHING:
        return duration_from_ms(value_of(outcome.total_duration_ms))
    if outcome.duration_seconds is not NOTHING:
        return duration_from_s(value_of(outcome.duration_seconds))
    return None


def _ended_task(raw: Raw) -> str | None:
    try:
        task = msgspec.json.decode(raw, type=_Awaited)
    except (ValueError, RecursionError):
        return None
    return task.task_id if task.status not in {None, _STILL_RUNNING} else None
