"""What is true of a sample session, known from its making: what tests hold a reading of it against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from agenttrace.samples.story import EPOCH_NS
from agenttrace.samples.waiting import waits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agenttrace.samples.story import Compaction, Notification, Request, Story, ToolCall

Truth = dict[str, object]


def find_truth(story: Story) -> Truth:
    """Counts, tokens, joins and the exact division of the wall time; instants are unix nanoseconds."""
    path, purposes = Counter[str](), Counter[str]()
    for wait in waits(story):
        path[wait.phase] += wait.end_ns - wait.start_ns
        purposes[wait.purpose] += wait.end_ns - wait.start_ns
    return {
        "session_id": story.session_id,
        "start_ns": EPOCH_NS,
        "end_ns": EPOCH_NS + story.end_ns,
        "wall_ns": story.end_ns,
        "wall_ns_by_format": {
            "claude-code": story.end_ns,
            "otlp": story.end_ns,
            "dynamo": story.main.end_ns - story.main.requests[0].sent_ns,
        },
        "critical_path_ns": dict(path),
        "critical_path_by_purpose_ns": dict(purposes),
        "busy_ns": _busy(story),
        "counts": _counts(story),
        "tokens": _tokens(story.requests),
        "main_tokens": _tokens(story.main.requests),
        "context_tokens": _context(story),
        "compactions": [_compaction(each) for each in story.compactions],
        "joins": [_join(request) for request in story.requests if len(_awaited(request)) > 1],
        "background": [_background(each) for each in story.notifications],
    }


def _compaction(compaction: Compaction) -> Truth:
    return {
        "start_ns": EPOCH_NS + compaction.start_ns,
        "end_ns": EPOCH_NS + compaction.end_ns,
        "tokens_before": compaction.tokens_before,
        "tokens_after": compaction.tokens_after,
    }


def _background(news: Notification) -> Truth:
    return {
        "agent": news.agent.agent_id,
        "start_ns": EPOCH_NS + news.agent.start_ns,
        "end_ns": EPOCH_NS + news.agent.end_ns,
        "delivered_ns": EPOCH_NS + news.delivered_ns,
    }


def _counts(story: Story) -> dict[str, int]:
    tools = [tool for request in story.requests for tool in request.tools]
    return {
        "requests": len(story.requests),
        "main_requests": len(story.main.requests),
        "main_turns": sum(not request.compacts for request in story.main.requests),
        "subagents": len(story.agents) - 1,
        "subagent_requests": len(story.requests) - len(story.main.requests),
        "tool_calls": len(tools),
        "failed_tool_calls": sum(tool.failed for tool in tools),
        "compactions": len(story.compactions),
        "retries": sum(request.failed is not None for request in story.requests),
        "permissions": sum(tool.asks_user for tool in tools),
        "prompts": len(story.interactions),
        "max_parallel": _max_parallel(story.requests),
    }


def _max_parallel(requests: Iterable[Request]) -> int:
    changes = [(each.end_ns, -1) for each in requests] + [(each.start_ns, 1) for each in requests]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def _tokens(requests: Iterable[Request]) -> dict[str, int]:
    totals = Counter[str]()
    for each in requests:
        totals["input"] += each.input_tokens
        totals["cache_read"] += each.cache_read_tokens
        totals["cache_write"] += each.cache_write_tokens
        totals["output"] += each.output_tokens
    return dict(totals)


def _context(story: Story) -> dict[str, int]:
    sizes = [request.input_tokens for request in story.main.requests]
    return {"first": sizes[0], "max": max(sizes), "last": sizes[-1]}


def _busy(story: Story) -> dict[str, int]:
    """Time spent by all agents together; a tool that holds an agent counts for nothing of its own."""
    busy = Counter[str]()
    for request in story.requests:
        busy["queue"] += request.queue_ns
        busy["prefill"] += request.prefill_ns
        busy["decode"] += request.end_ns - request.first_token_ns
        busy["tool"] += sum(tool.duration_ns for tool in request.tools if not tool.child)
        if request.failed:
            busy["model"] += request.failed.end_ns - request.failed.start_ns
            busy["backoff"] += request.failed.backoff_ns
    return dict(busy)


def _awaited(request: Request) -> list[ToolCall]:
    return [tool for tool in request.tools if tool.child and not tool.background]


def _join(request: Request) -> Truth:
    """Branches by their start; slack is how much later a branch could have ended."""
    tools = _awaited(request)
    last_ns = max(tool.end_ns for tool in tools)
    waited_for = next(tool for tool in tools if tool.end_ns == last_ns)
    return {
        "turn": request.turn,
        "agent": request.agent_id,
        "branches": len(tools),
        "waited_for": waited_for.child.agent_id if waited_for.child else None,
        "wall_ns": last_ns - min(tool.start_ns for tool in tools),
        "sum_ns": sum(tool.duration_ns for tool in tools),
        "slack_ns": [last_ns - tool.end_ns for tool in tools],
    }
