"""What a sample session waited for at each instant, read off its making and not off a trace.

This is no second engine: a story knows who waited for whom, so a walk forwards is enough. It is the
reference for a source that states everything; a source that hides the first token can only say less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agenttrace.samples.story import Request, Story, ToolCall


class Wait(NamedTuple):
    """A stretch of the critical path. Phases and purposes are those of the model."""

    start_ns: int
    end_ns: int
    phase: str
    purpose: str = "turn"


def waits(story: Story) -> Iterator[Wait]:
    """Adjoining stretches from the first prompt to the end of the session, none of them empty."""
    return (wait for wait in _session(story) if wait.end_ns > wait.start_ns)


def _session(story: Story) -> Iterator[Wait]:
    now_ns = 0
    compacted_ns = {each.request.request_id: each.end_ns for each in story.compactions}
    for interaction in story.interactions:
        yield Wait(now_ns, interaction.prompt_ns, "user")
        now_ns = interaction.prompt_ns
        inside = [
            request
            for request in story.main.requests
            if interaction.prompt_ns <= request.start_ns < interaction.end_ns
        ]
        for request in inside:
            yield from _request(request, now_ns)
            now_ns = request.settled_ns
            if request.request_id in compacted_ns:
                yield Wait(now_ns, compacted_ns[request.request_id], "harness", "compaction")
                now_ns = compacted_ns[request.request_id]
        yield Wait(now_ns, interaction.end_ns, "harness")
        now_ns = interaction.end_ns


def _agent(requests: Iterable[Request], start_ns: int) -> Iterator[Wait]:
    for request in requests:
        yield from _request(request, start_ns)
        start_ns = request.settled_ns


def _request(request: Request, ready_ns: int) -> Iterator[Wait]:
    """From what the request waited for to when all of it has settled."""
    purpose = "compaction" if request.compacts else "turn"
    yield Wait(ready_ns, request.sent_ns, "harness", purpose)
    if request.failed:
        yield Wait(request.failed.start_ns, request.failed.end_ns, "model", "failed_attempt")
        yield Wait(request.failed.end_ns, request.start_ns, "backoff")
    queued_ns = request.start_ns + request.queue_ns
    yield Wait(request.start_ns, queued_ns, "queue", purpose)
    yield Wait(queued_ns, request.first_token_ns, "prefill", purpose)
    last = max(request.tools, key=lambda tool: tool.end_ns, default=None)
    if last is None or last.end_ns <= request.end_ns:
        yield Wait(request.first_token_ns, request.end_ns, "decode", purpose)
    else:
        yield Wait(request.first_token_ns, last.emitted_ns, "decode", purpose)
        yield from _tool(last)


def _tool(tool: ToolCall) -> Iterator[Wait]:
    yield Wait(tool.emitted_ns, tool.asked_ns, "harness")
    yield Wait(tool.asked_ns, tool.start_ns, "user" if tool.asks_user else "harness")
    if tool.child is None or tool.background:
        yield Wait(tool.start_ns, tool.end_ns, "tool")
    else:
        yield from _agent(tool.child.requests, tool.start_ns)
        yield Wait(tool.child.end_ns, tool.end_ns, "harness")
