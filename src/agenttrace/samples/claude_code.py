"""A story as a Claude Code transcript: the folder that the program writes, or one file with all in it.

In the folder a subagent has a file of its own, with its link to the tool call beside it. In one file, as
early versions wrote it, the subagents' records stand among the others, told apart by `agentId`.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING

from agenttrace.samples.claude_chain import Entry, link
from agenttrace.samples.claude_records import (
    Record,
    assistant,
    hook,
    stamp,
    stop_summary,
    task_notification,
    tool_result,
)
from agenttrace.samples.identifiers import Identifiers
from agenttrace.samples.story import MILLISECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agenttrace.samples.claude_chain import Line
    from agenttrace.samples.story import Agent, Compaction, Interaction, Notification, Request, Story

_SUMMARY = "This session is being continued from a previous conversation that ran out of context."
_COMPACT_PROMPT = "Your task is to create a detailed summary of the conversation so far."


def claude_code_file(story: Story) -> bytes:
    """All records in one file, by time; what has no time stays where it was written."""
    lanes = _lanes(story)
    lines = [
        (line.order_ns, lane, number, line.record)
        for lane, (_, written) in enumerate(lanes)
        for number, line in enumerate(written)
    ]
    return _jsonl(record for *_, record in sorted(lines, key=lambda line: line[:3]))


def claude_code_project(story: Story) -> dict[str, bytes]:
    """The files of the project folder, by their names below it."""
    main, *others = _lanes(story)
    folder = f"{story.session_id}/subagents"
    files = {f"{story.session_id}.jsonl": _jsonl(line.record for line in main[1])}
    files |= {f"{folder}/agent-{name}.jsonl": _jsonl(line.record for line in lines) for name, lines in others}
    for request in story.requests:
        for tool in request.tools:
            if tool.child:
                meta = {
                    "agentType": tool.child.agent_type,
                    "description": f"Look at {tool.child.label}",
                    "toolUseId": tool.call_id,
                    "spawnDepth": tool.child.depth,
                }
                files[f"{folder}/agent-{tool.child.agent_id}.meta.json"] = _json(meta)
    return files


def _lanes(story: Story) -> list[tuple[str, list[Line]]]:
    """The chained records of each agent, the main one first, then the subagents, then the compactions."""
    ids = Identifiers(f"{story.session_id}/records")
    main = link(_main_entries(story, ids), ids, story.session_id)
    lanes = [(story.session_id, main)]
    for agent in story.agents[1:]:
        entries = _subagent_entries(story, agent)
        lanes.append((agent.agent_id, link(entries, ids, story.session_id, agent_id=agent.agent_id)))
    for compaction in story.compactions:
        parent = [line.uuid for line in main if line.uuid and line.order_ns < compaction.start_ns][-1]
        written = link(
            _compaction_entries(compaction),
            ids,
            story.session_id,
            agent_id=compaction.agent_id,
            parent=parent,
        )
        lanes.append((compaction.agent_id, written))
    return lanes


def _main_entries(story: Story, ids: Identifiers) -> Iterator[Entry]:
    prompts = {each.first_turn: each for each in story.interactions}
    compactions = {each.request.request_id: each for each in story.compactions}
    for request in story.main.requests:
        if request.request_id in compactions:
            yield from _boundary(compactions[request.request_id])
            continue
        interaction = story.interaction_at(request.sent_ns)
        if request.turn in prompts:
            yield from _prompt(interaction, ids)
        for news in story.notifications:
            if news.delivered_ns == request.sent_ns:
                yield from _delivery(news)
        yield from _request_entries(request, interaction.prompt_id, hooked=True)
        if request.turn == interaction.last_turn:
            yield from _stop(story, interaction, request, ids)


def _subagent_entries(story: Story, agent: Agent) -> Iterator[Entry]:
    prompt_id = story.interaction_at(agent.start_ns).prompt_id
    message = {"role": "user", "content": f"Look at {agent.label}."}
    yield Entry(agent.start_ns, {"promptId": prompt_id, "type": "user", "message": message})
    for request in agent.requests:
        yield from _request_entries(request, prompt_id, hooked=False)


def _compaction_entries(compaction: Compaction) -> Iterator[Entry]:
    message = {"role": "user", "content": _COMPACT_PROMPT}
    yield Entry(compaction.start_ns, {"type": "user", "message": message})
    yield from _request_entries(compaction.request, "", hooked=False)


def _request_entries(request: Request, prompt_id: str, *, hooked: bool) -> Iterator[Entry]:
    if request.failed:
        error: Record = {
            "type": "system",
            "subtype": "api_error",
            "level": "error",
            "error": {"status": request.failed.status_code, "message": "Overloaded"},
            "retryInMs": request.failed.backoff_ns // MILLISECOND,
            "retryAttempt": 1,
            "maxRetries": 10,
        }
        yield Entry(request.failed.end_ns, error)
    for block in request.blocks:
        tool = block.tool
        yield Entry(block.closed_ns, assistant(request, block), opens_call=tool.call_id if tool else None)
        if not tool:
            continue
        if hooked and tool.name == "Bash":
            yield Entry(tool.asked_ns, hook("PreToolUse", tool, tool.asked_ns - tool.emitted_ns))
        shown, kept = tool_result(tool)
        result: Record = {
            "promptId": prompt_id,
            "type": "user",
            "message": {"role": "user", "content": [shown]},
            "toolUseResult": kept,
        }
        yield Entry(tool.end_ns, result, answers_call=tool.call_id)


def _prompt(interaction: Interaction, ids: Identifiers) -> Iterator[Entry]:
    t_ns = interaction.prompt_ns
    message_id = ids.uuid()
    snapshot = {"messageId": message_id, "trackedFileBackups": {}, "timestamp": stamp(t_ns)}
    yield Entry(
        t_ns,
        {
            "type": "file-history-snapshot",
            "messageId": message_id,
            "snapshot": snapshot,
            "isSnapshotUpdate": False,
        },
        chained=False,
    )
    prompt: Record = {
        "promptId": interaction.prompt_id,
        "type": "user",
        "message": {"role": "user", "content": f"Synthetic prompt {interaction.sequence}"},
        "permissionMode": "default",
        "origin": {"kind": "human"},
        "promptSource": "typed",
    }
    yield Entry(t_ns, prompt)
    if interaction.sequence == 1:
        listing = {"type": "skill_listing", "content": "", "skillCount": 0, "isInitial": True, "names": []}
        yield Entry(t_ns, {"type": "attachment", "attachment": listing})


def _delivery(news: Notification) -> Iterator[Entry]:
    """The attachment carries the time at which the news was queued, as real ones do."""
    text = task_notification(news)
    queue: Record = {"type": "queue-operation", "operation": "enqueue", "timestamp": stamp(news.queued_ns)}
    yield Entry(news.queued_ns, queue | {"content": text}, chained=False)
    removed = {"operation": "remove", "timestamp": stamp(news.delivered_ns), "content": text}
    yield Entry(news.delivered_ns, queue | removed, chained=False)
    attachment = {
        "type": "queued_command",
        "prompt": text,
        "commandMode": "task-notification",
        "timestamp": stamp(news.queued_ns),
    }
    yield Entry(
        news.delivered_ns, {"type": "attachment", "attachment": attachment}, stamped_ns=news.queued_ns
    )


def _stop(story: Story, interaction: Interaction, last: Request, ids: Identifiers) -> Iterator[Entry]:
    t_ns = interaction.end_ns
    yield Entry(t_ns, stop_summary(t_ns - last.end_ns, ids.uuid()))
    pending = sum(agent.background and agent.start_ns < t_ns < agent.end_ns for agent in story.agents)
    turn: Record = {
        "type": "system",
        "subtype": "turn_duration",
        "durationMs": (t_ns - interaction.prompt_ns - interaction.dialog_ns) // MILLISECOND,
        "messageCount": None,
        **({"pendingBackgroundAgentCount": pending} if pending else {}),
        "isMeta": False,
    }
    yield Entry(t_ns, turn)
    for kept in (
        {"type": "last-prompt", "lastPrompt": f"Synthetic prompt {interaction.sequence}"},
        {"type": "ai-title", "aiTitle": f"Sample session {story.name}"},
        {"type": "mode", "mode": "normal"},
        {"type": "permission-mode", "permissionMode": "default"},
    ):
        yield Entry(t_ns, dict(kept), chained=False)


def _boundary(compaction: Compaction) -> Iterator[Entry]:
    boundary: Record = {
        "type": "system",
        "subtype": "compact_boundary",
        "content": "Conversation compacted",
        "isMeta": False,
        "level": "info",
        "compactMetadata": {
            "trigger": "auto",
            "preTokens": compaction.tokens_before,
            "postTokens": compaction.tokens_after,
            "durationMs": (compaction.end_ns - compaction.start_ns) // MILLISECOND,
        },
    }
    yield Entry(compaction.end_ns, boundary, breaks_chain=True)
    summary: Record = {
        "type": "user",
        "message": {"role": "user", "content": _SUMMARY},
        "isVisibleInTranscriptOnly": True,
        "isCompactSummary": True,
    }
    yield Entry(compaction.end_ns, summary)


def _json(record: Record) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _jsonl(records: Iterable[Record]) -> bytes:
    return b"".join(chain.from_iterable((_json(record), b"\n") for record in records))
