"""The records of a Claude Code transcript as version 2.1.217 writes them, with next to no content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agenttrace.samples.story import EPOCH_NS, MILLISECOND, MODEL

if TYPE_CHECKING:
    from agenttrace.samples.story import Agent, Block, Notification, Request, ToolCall

Record = dict[str, object]

VERSION = "2.1.217"
FOLDER = "/srv/meridian"
_SIGNATURE = "c2FtcGxl"  # stands for a thinking block's signature
_LAUNCHED = "Async agent launched successfully. You will be notified automatically when it completes."
_STOP_SUMMARY: Record = {
    "hookErrors": [],
    "hookAdditionalContext": [],
    "preventedContinuation": False,
    "stopReason": "",
    "hasOutput": False,
    "level": "suggestion",
}


def stamp(t_ns: int) -> str:
    """An instant of a story as ISO 8601, in whole milliseconds."""
    moment = datetime.fromtimestamp((EPOCH_NS + t_ns) // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{t_ns // MILLISECOND % 1000:03d}Z"


def usage(request: Request) -> Record:
    """The tokens of a request; input, cache write and cache read add up to its prompt."""
    written, tail = request.cache_write_tokens, request.uncached_tail_tokens
    return {
        "input_tokens": tail,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": request.cache_read_tokens,
        "output_tokens": request.output_tokens,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": {"ephemeral_1h_input_tokens": written, "ephemeral_5m_input_tokens": 0},
        "speed": "standard",
    }


def assistant(request: Request, block: Block) -> Record:
    """One line for one block of an answer; the usage is the final one on each of them."""
    return {
        "type": "assistant",
        "message": {
            "model": MODEL,
            "id": request.message_id,
            "type": "message",
            "role": "assistant",
            "content": [_content(request, block)],
            "stop_reason": "tool_use" if request.tools else "end_turn",
            "stop_sequence": None,
            "stop_details": None,
            "usage": usage(request),
            "diagnostics": _diagnostics(request),
        },
        "requestId": request.request_id,
    }


def _content(request: Request, block: Block) -> Record:
    if block.tool:
        return {
            "type": "tool_use",
            "id": block.tool.call_id,
            "name": block.tool.name,
            "input": _tool_input(block.tool),
            "caller": {"type": "direct"},
        }
    if block.kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": _SIGNATURE}
    if request.compacts:
        return {"type": "text", "text": "<summary>Short synthetic summary.</summary>"}
    return {
        "type": "text",
        "text": f"Step {request.turn}." if request.tools else f"Done after {request.turn}.",
    }


def _diagnostics(request: Request) -> Record | None:
    if request.miss != "evicted":
        return None
    missed = request.input_tokens - request.uncached_tail_tokens
    return {
        "cache_miss_reason": {
            "type": "previous_message_not_found",
            "cache_missed_input_tokens": missed,
        }
    }


def _path(tool: ToolCall) -> str:
    return f"{FOLDER}/src/{tool.label.replace(' ', '_')}.py"


def _tool_input(tool: ToolCall) -> Record:
    if tool.child:
        return {
            "description": f"Look at {tool.child.label}",
            "prompt": f"Look at {tool.child.label}.",
            "subagent_type": tool.child.agent_type,
            **({"run_in_background": True} if tool.background else {}),
        }
    inputs: dict[str, Record] = {
        "Read": {"file_path": _path(tool)},
        "Grep": {"pattern": tool.label, "output_mode": "files_with_matches"},
        "Glob": {"pattern": "**/*.py"},
        "Edit": {"file_path": _path(tool), "old_string": "a", "new_string": "b", "replace_all": False},
        "Bash": {"command": f"make {tool.label.replace(' ', '-')}", "description": f"Make {tool.label}"},
        "WebFetch": {"url": "https://docs.example.org/api", "prompt": tool.label},
    }
    return inputs[tool.name]


def tool_result(tool: ToolCall) -> tuple[Record, object]:
    """The block that the model reads, and the `toolUseResult` that the program keeps beside it."""
    block: Record = {"tool_use_id": tool.call_id, "type": "tool_result"}
    if tool.failed:
        text = "Exit code 1"
        return {**block, "content": text, "is_error": True}, f"Error: {text}"
    if tool.child:
        return _agent_result(block, tool, tool.child)
    kept = _kept_result(tool)
    return {**block, "content": "ok"} | ({"is_error": False} if tool.name == "Bash" else {}), kept


def _kept_result(tool: ToolCall) -> Record:
    path = _path(tool)
    results: dict[str, Record] = {
        "Read": {
            "type": "text",
            "file": {"filePath": path, "content": "ok", "numLines": 1, "startLine": 1, "totalLines": 1},
        },
        "Grep": {"mode": "files_with_matches", "numFiles": 1, "filenames": [path]},
        "Glob": {
            "filenames": [path],
            "durationMs": tool.duration_ns // MILLISECOND,
            "numFiles": 1,
            "truncated": False,
        },
        "Edit": {"filePath": path, "oldString": "a", "newString": "b", "structuredPatch": []},
        "Bash": {
            "stdout": "ok",
            "stderr": "",
            "interrupted": False,
            "isImage": False,
            "noOutputExpected": False,
        },
        "WebFetch": {
            "bytes": 2_048,
            "code": 200,
            "codeText": "OK",
            "result": "ok",
            "durationMs": tool.duration_ns // MILLISECOND,
            "url": "https://docs.example.org/api",
        },
    }
    return results[tool.name]


def _agent_result(block: Record, tool: ToolCall, child: Agent) -> tuple[Record, Record]:
    asked: Record = {"agentId": child.agent_id, "prompt": f"Look at {child.label}."}
    if child.background:
        launched: Record = {
            "isAsync": True,
            "status": "async_launched",
            **asked,
            "description": f"Look at {child.label}",
            "resolvedModel": MODEL,
            "outputFile": output_file(child),
            "canReadOutputFile": True,
        }
        text = f"{_LAUNCHED}\nagentId: {child.agent_id}"
        return {**block, "content": [{"type": "text", "text": text}]}, launched
    last = child.requests[-1]
    completed: Record = {
        "status": "completed",
        **asked,
        "agentType": child.agent_type,
        "content": [{"type": "text", "text": "Report."}],
        "totalDurationMs": tool.duration_ns // MILLISECOND,
        "totalTokens": last.input_tokens + last.output_tokens,
        "totalToolUseCount": child.tool_calls,
        "usage": usage(last),
    }
    return {**block, "content": [{"type": "text", "text": "Report."}]}, completed


def output_file(agent: Agent) -> str:
    """Where the program would keep what a background agent says."""
    return f"/tmp/claude/-srv-meridian/tasks/{agent.agent_id}.output"  # noqa: S108 - a name in a record


def task_notification(news: Notification) -> str:
    """The text that tells the main agent that a background agent has ended."""
    agent = news.agent
    last = agent.requests[-1]
    return (
        f"<task-notification>\n<task-id>{agent.agent_id}</task-id>\n"
        f"<tool-use-id>{news.call_id}</tool-use-id>\n"
        f"<output-file>{output_file(agent)}</output-file>\n<status>completed</status>\n"
        f'<summary>Agent "Look at {agent.label}" finished</summary>\n<result>Report.</result>\n'
        f"<usage><subagent_tokens>{last.input_tokens + last.output_tokens}</subagent_tokens>"
        f"<tool_uses>{agent.tool_calls}</tool_uses>"
        f"<duration_ms>{(agent.end_ns - agent.start_ns) // MILLISECOND}</duration_ms></usage>\n"
        "</task-notification>"
    )


def hook(event: str, tool: ToolCall, duration_ns: int) -> Record:
    """What is noted of a hook that ran before or after a tool."""
    return {
        "type": "attachment",
        "attachment": {
            "type": "hook_success",
            "hookName": f"{event}:{tool.name}",
            "toolUseID": tool.call_id,
            "hookEvent": event,
            "content": "",
            "stdout": "",
            "stderr": "",
            "exitCode": 0,
            "command": "check-tool",
            "durationMs": duration_ns // MILLISECOND,
        },
    }


def stop_summary(duration_ns: int, hook_id: str) -> Record:
    """What is noted of the hook that runs when the agent stops."""
    ran = {"command": "notify", "durationMs": duration_ns // MILLISECOND}
    return {
        "type": "system",
        "subtype": "stop_hook_summary",
        "hookCount": 1,
        "hookInfos": [ran],
        "toolUseID": hook_id,
        **_STOP_SUMMARY,
    }
