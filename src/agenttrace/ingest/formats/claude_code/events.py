"""What the program itself notes: turns, hooks, compactions, failed attempts, progress, its queue."""

from __future__ import annotations

import re
from typing import Any

from agenttrace.ingest.fields import count, duration_from_ms, small_count
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import (
    Boundary,
    Failure,
    Hook,
    Node,
    Role,
    Transcript,
    TurnEnd,
)
from agenttrace.ingest.formats.claude_code.places import Recorders
from agenttrace.ingest.formats.claude_code.records import Progress, Record, text_of, value_of
from agenttrace.ingest.formats.claude_code.replies import is_notice, read_notice
from agenttrace.model.vocabulary import Severity

KNOWN_SUBTYPES = frozenset(
    {
        "api_error", "away_summary", "bridge_status", "compact_boundary", "error", "informational",
        "local_command", "microcompact_boundary", "model_refusal_fallback", "model_refusal_no_fallback",
        "stop_hook_summary", "turn_duration",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_STARTUP = frozenset({"SessionStart", "SessionEnd", "Setup"})
_SECOND = 10**9


def take_system(transcript: Transcript, recorders: Recorders, record: Record, node: Node) -> None:
    """A note of the program."""
    match record.subtype:
        case "turn_duration":
            transcript.worked.append(node)
            if (duration_ns := duration_from_ms(record.duration_ms)) is not None:
                transcript.turn_ends.append(TurnEnd(node, duration_ns))
        case "stop_hook_summary":
            transcript.worked.append(node)
            _take_stop_hooks(transcript, record, node)
        case "compact_boundary":
            _take_boundary(transcript, record, node)
        case "api_error" | "model_refusal_fallback":
            _take_failure(transcript, record, node)
        case "local_command":
            node.role = Role.COMMAND
        case "microcompact_boundary":
            what = "tool results were cleared from the context without a request"
            recorders.finding("microcompaction", Severity.INFO, what, node.place)
        case _:
            pass


def _take_stop_hooks(transcript: Transcript, record: Record, node: Node) -> None:
    lengths = [duration_from_ms(run.duration_ms) for run in record.hook_infos or ()]
    longest = max((length for length in lengths if length is not None), default=None)
    if longest is not None:
        transcript.hooks.append(Hook(node, "Stop", longest))


def _take_boundary(transcript: Transcript, record: Record, node: Node) -> None:
    node.role = Role.BOUNDARY
    boundary = Boundary(node, record.logical_parent_uuid)
    if record.compact_metadata is not None:
        said = record.compact_metadata
        boundary.duration_ns = duration_from_ms(said.duration_ms)
        boundary.tokens_before = count(said.pre_tokens)
        boundary.tokens_after = count(said.post_tokens)
        boundary.trigger = said.trigger if said.trigger and _WORD.fullmatch(said.trigger) else None
    transcript.boundaries[node.uuid] = boundary


def _take_failure(transcript: Transcript, record: Record, node: Node) -> None:
    """One that was refused is asked of another model at once; its answer, where it was not taken back, is told."""
    refused = record.subtype != "api_error"
    if refused and _any_known(transcript, value_of(record.retracted_message_uuids)):
        return
    node.role = Role.FAILURE
    transcript.failures[node.uuid] = Failure(
        node,
        small_count(record.retry_attempt) or 1,
        duration_from_ms(record.retry_in_ms) or 0,
        "refusal" if refused else error_name(value_of(record.error)),
    )


def _any_known(transcript: Transcript, uuids: Any) -> bool:
    return isinstance(uuids, list) and any(
        isinstance(uuid, str) and uuid in transcript.nodes for uuid in uuids
    )


def error_name(error: Any) -> str:
    """The type of an error, whose object changed its shape often; never its message."""
    if isinstance(error, dict):
        inner = error.get("error")
        if isinstance(inner, dict) and (name := error_name(inner)) != "api_error":
            return name
        for key in ("type", "code", "status", "name"):
            word = str(error.get(key, ""))
            if word != "error" and _WORD.fullmatch(word):
                return f"http_{word}" if key == "status" and word.isdecimal() else word
        if error.get("isNetworkDown") is True:
            return "network_down"
    return "api_error"


def take_progress(transcript: Transcript, news: Progress, tool_id: str, node: Node) -> None:
    """News of a tool or of its hooks; copies of a subagent's records are taken elsewhere."""
    if node.t_ns == UNKNOWN:
        return
    if news.type == "hook_progress":
        if news.hook_event == "PreToolUse":
            _earliest(transcript.hooked_ns, tool_id, node.t_ns)
        elif news.hook_event == "Stop":
            transcript.worked.append(node)
    elif news.type == "bash_progress":
        elapsed = small_count(news.elapsed_time_seconds)
        if elapsed is not None:
            _earliest(transcript.running_ns, tool_id, node.t_ns - elapsed * _SECOND)


def take_attachment(transcript: Transcript, record: Record, node: Node) -> None:
    """A hook that ran, or something from the queue that was handed over in the middle of a turn."""
    attached = record.attachment
    if attached is None or node.t_ns == UNKNOWN:
        return
    if attached.type == "queued_command":
        said = text_of(attached.prompt) or ""
        if is_notice(said):
            node.role = Role.NOTICE
            notice = read_notice(said, node.t_ns)
            node.about = notice.task_id or notice.tool_id
            transcript.notices.append(notice)
        return
    event = attached.hook_event
    if event is None or event in _STARTUP or not _WORD.fullmatch(event):
        return
    length = duration_from_ms(attached.duration_ms)
    if length is not None or event == "UserPromptSubmit":
        transcript.hooks.append(Hook(node, event, length, attached.tool_use_id))
    if event == "PreToolUse" and length is not None and attached.tool_use_id:
        _earliest(transcript.hooked_ns, attached.tool_use_id, node.t_ns - length)


def take_queue(transcript: Transcript, record: Record, t_ns: int) -> None:
    """What was put into the queue while the agent worked: a prompt, or news."""
    said = text_of(record.content)
    if record.operation != "enqueue" or not said or t_ns == UNKNOWN:
        return
    if is_notice(said):
        transcript.notices.append(read_notice(said, t_ns))
    else:
        transcript.queued[said].add(t_ns)


def _earliest(times: dict[str, int], key: str, t_ns: int) -> None:
    known = times.get(key)
    if known is None or t_ns < known:
        times[key] = t_ns
