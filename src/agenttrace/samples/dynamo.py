"""A story as the request trace of an inference server: `dynamo.request.trace.v1`, its fourth generation.

Here `session_id` names one agent's chain, and the session is the tree over `parent_session_id`. A refused
attempt, a compaction and the user leave no row of their own, as in the real trace.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from agenttrace.samples.story import CACHE_BLOCK_TOKENS, EPOCH_NS, MILLISECOND, MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenttrace.samples.story import Agent, Request, Story, ToolCall

Record = dict[str, object]

_SCHEMA = "dynamo.request.trace.v1"
_SINK_START_MS = -61_234  # the sink had been open for a minute before the first prompt
_WORKERS = (15928980294912221364, 7587894923333011487, 11873937755725982193, 12558763056609556302)
_BUSY_QUEUE_NS = 400 * MILLISECOND


class _Row(NamedTuple):
    at_ms: int
    event: Record


def dynamo_file(story: Story) -> bytes:
    """One row per finished request and per start and end of a tool call, by time of writing."""
    rows = sorted((row for agent in story.agents for row in _rows(story, agent)), key=lambda row: row.at_ms)
    lines = (
        json.dumps({"timestamp": row.at_ms - _SINK_START_MS, "event": row.event}, separators=(",", ":"))
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _rows(story: Story, agent: Agent) -> Iterator[_Row]:
    context: Record = {"session_id": agent.agent_id}
    if agent.parent_id:
        context["parent_session_id"] = agent.parent_id
    epoch = 0
    prompted = _prompted(story, agent)
    for request in agent.requests:
        epoch += request.miss == "compaction"
        final = {"session_final": True} if request is agent.requests[-1] else {}
        trigger = {"input_trigger": _trigger(request, prompted)}
        at_ms = request.end_ns // MILLISECOND
        yield _Row(
            at_ms,
            _event("request_end", at_ms, "dynamo", context | final | trigger)
            | {"request": _request(story, agent, request, epoch)},
        )
        for tool in request.tools:
            yield from _tool_rows(tool, context)


def _event(kind: str, at_ms: int, source: str, context: Record) -> Record:
    return {
        "schema": _SCHEMA,
        "event_type": kind,
        "event_time_unix_ms": EPOCH_NS // MILLISECOND + at_ms,
        "event_source": source,
        "agent_context": context,
    }


def _trigger(request: Request, prompted: frozenset[int]) -> str:
    asked = request.opens_chain or request.compacts or request.start_ns in prompted
    return "user_message" if asked else "tool_result"


def _prompted(story: Story, agent: Agent) -> frozenset[int]:
    """Starts of the main agent's requests that answer a prompt."""
    if agent is not story.main:
        return frozenset()
    starts = [request.start_ns for request in agent.requests]
    return frozenset(min(t for t in starts if t >= each.prompt_ns) for each in story.interactions)


def _request(story: Story, agent: Agent, request: Request, epoch: int) -> Record:
    """The durations keep the identities of the real trace: ttft = wait + prefill, total = ttft + the rest."""
    wait_ms, prefill_ms = request.queue_ns / MILLISECOND, request.prefill_ns / MILLISECOND
    ttft_ms = wait_ms + prefill_ms
    total_ms = (request.end_ns - request.start_ns) / MILLISECOND
    hashes = block_hashes(agent, request, epoch)
    worker = _WORKERS[request.worker]
    return {
        "request_id": _server_request_id(story, request),
        "x_request_id": request.client_request_id,
        "model": MODEL,
        "input_tokens": request.input_tokens,
        "output_tokens": request.output_tokens,
        "cached_tokens": request.cache_read_tokens,
        "request_received_ms": (EPOCH_NS + request.start_ns) // MILLISECOND,
        "prefill_wait_time_ms": wait_ms,
        "prefill_time_ms": prefill_ms,
        "ttft_ms": ttft_ms,
        "total_time_ms": total_ms,
        "avg_itl_ms": (total_ms - ttft_ms) / (request.output_tokens - 1),
        "kv_hit_rate": request.cache_read_tokens // CACHE_BLOCK_TOKENS / len(hashes),
        "queue_depth": request.queue_ns // _BUSY_QUEUE_NS,
        "worker": {
            "prefill_worker_id": worker,
            "prefill_dp_rank": 0,
            "decode_worker_id": worker,
            "decode_dp_rank": 0,
        },
        "replay": {
            "trace_block_size": CACHE_BLOCK_TOKENS,
            "input_length": request.input_tokens,
            "input_sequence_hashes": hashes,
        },
        "finish_reason_metadata": _finish(request),
    }


def _server_request_id(story: Story, request: Request) -> str:
    digest = blake2b(f"{story.session_id}/{request.request_id}".encode(), digest_size=16).digest()
    return str(UUID(bytes=digest, version=4))


def _finish(request: Request) -> Record:
    reason = "tool_calls" if request.tools else "stop"
    metadata: Record = {"finish_reason": reason, "backend_finish_reason": "stop"}
    if request.tools:
        metadata["tool_calls"] = [
            {"choice_index": 0, "tool_call_index": index, "id": tool.call_id, "name": tool.name}
            for index, tool in enumerate(request.tools)
        ]
    choice = {"choice_index": 0, "finish_reason": reason, "backend_finish_reason": "stop"}
    return metadata | {"choices": [choice]}


def _tool_rows(tool: ToolCall, context: Record) -> Iterator[_Row]:
    start_ms, end_ms = tool.start_ns // MILLISECOND, tool.end_ns // MILLISECOND
    epoch_ms = EPOCH_NS // MILLISECOND
    started: Record = {
        "tool_call_id": tool.call_id,
        "tool_class": tool.name,
        "started_at_unix_ms": epoch_ms + start_ms,
    }
    running = {"tool": started | {"status": "running"}}
    yield _Row(start_ms, _event("tool_start", start_ms, "harness", context) | running)
    ended: Record = started | {
        "ended_at_unix_ms": epoch_ms + end_ms,
        "status": "error" if tool.failed else "succeeded",
        "duration_ms": tool.duration_ns / MILLISECOND,
        "output_tokens": tool.result_tokens,
    }
    if tool.failed:
        ended["error_type"] = "ToolError"
    kind = "tool_error" if tool.failed else "tool_end"
    yield _Row(end_ms, _event(kind, end_ms, "harness", context) | {"tool": ended})


def block_hashes(agent: Agent, request: Request, epoch: int) -> list[int]:
    """One hash per block of the prompt, the unfilled last one included.

    Agents of one type share the blocks of their instructions. All other blocks are the agent's own; the
    prompts of one `epoch` extend each other, and a compaction begins the next.
    """
    filled, rest = divmod(request.input_tokens, CACHE_BLOCK_TOKENS)
    shared = min(filled, agent.static_tokens // CACHE_BLOCK_TOKENS)
    hashes = [_hash(f"{agent.agent_type}/{block}") for block in range(shared)]
    own = f"{agent.agent_id}/{epoch}"
    hashes += [_hash(f"{own}/{block}") for block in range(shared, filled)]
    return [*hashes, _hash(f"{own}/{filled}/{rest}")] if rest else hashes


@lru_cache(maxsize=1 << 16)
def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
