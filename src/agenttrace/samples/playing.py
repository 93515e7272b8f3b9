"""One request of an agent, the tools that it calls, and the subagents inside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agenttrace.samples.story import (
    CACHE_BLOCK_TOKENS,
    MILLISECOND,
    Agent,
    Block,
    BlockKind,
    FailedAttempt,
    MissReason,
    Request,
    ToolCall,
)

if TYPE_CHECKING:
    from agenttrace.samples.identifiers import Identifiers
    from agenttrace.samples.script import Branch
    from agenttrace.samples.timing import Timing

WORKERS = 4
_SUBAGENT_STATIC_TOKENS = 16_384
_SUBAGENT_TOOLS = (("Read", 0.4), ("Grep", 0.27), ("Bash", 0.25), ("WebFetch", 0.08))
_THINKS = 0.45
_EXPLAINS = 0.75


@dataclass(slots=True)
class Stage:
    """What all agents of a session share while it is played."""

    timing: Timing
    ids: Identifiers
    warm: set[tuple[str, int]] = field(default_factory=set)
    labels: int = 0

    def label(self) -> str:
        """The next "part 7": what a tool call is about."""
        self.labels += 1
        return f"part {self.labels}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """A subagent to be: `width` agents run beside each other."""

    branch: Branch
    agent_type: str
    worker: int
    width: int
    depth: int
    background: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPlan:
    """A tool that an answer is going to call."""

    name: str
    result_tokens: int
    failed: bool = False
    asks_user: bool = False
    slow_test: bool = False
    spawn: Spawn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to be: all that is known when it is sent."""

    agent_id: str
    turn: int
    start_ns: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    worker: int
    width: int = 1
    tools: tuple[ToolPlan, ...] = ()
    compacts: bool = False
    opens_chain: bool = False
    miss: MissReason | None = None
    failed: FailedAttempt | None = None


def whole_blocks(tokens: int) -> int:
    """The part of a prompt that a cache of whole blocks can give back."""
    return tokens // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS


def ask_model(stage: Stage, ask: Ask) -> Request:
    """Time the answer, cut it into blocks, and run each tool from the instant its block is complete."""
    timing = stage.timing
    queue_ns = timing.queue_ns(ask.width)
    prefill_ns = timing.prefill_ns(ask.input_tokens - ask.cache_read_tokens, ask.input_tokens)
    first_token_ns = ask.start_ns + queue_ns + prefill_ns
    end_ns = _up_to_millisecond(first_token_ns + timing.decode_ns(ask.output_tokens, ask.input_tokens))
    blocks = [
        Block(kind=kind, closed_ns=closed_ns, tool=_run_tool(stage, ask, plan, closed_ns) if plan else None)
        for kind, plan, closed_ns in _close_blocks(stage, ask, first_token_ns, end_ns)
    ]
    return Request(
        request_id=stage.ids.request(),
        message_id=stage.ids.message(),
        client_request_id=stage.ids.uuid(),
        agent_id=ask.agent_id,
        turn=ask.turn,
        start_ns=ask.start_ns,
        queue_ns=queue_ns,
        prefill_ns=prefill_ns,
        end_ns=end_ns,
        input_tokens=ask.input_tokens,
        cache_read_tokens=ask.cache_read_tokens,
        output_tokens=ask.output_tokens,
        worker=ask.worker,
        blocks=tuple(blocks),
        compacts=ask.compacts,
        opens_chain=ask.opens_chain,
        miss=ask.miss,
        failed=ask.failed,
    )


def _close_blocks(
    stage: Stage, ask: Ask, first_token_ns: int, end_ns: int
) -> list[tuple[BlockKind, ToolPlan | None, int]]:
    """The blocks of an answer and the whole milliseconds at which they are complete."""
    draw = stage.timing.random
    thinks, explains = draw.random() < _THINKS, draw.random() < _EXPLAINS
    shape: list[tuple[BlockKind, ToolPlan | None, float]] = []
    if thinks and not ask.compacts:
        shape.append(("thinking", None, draw.uniform(0.8, 1.6)))
    if explains or not ask.tools:
        shape.append(("text", None, draw.uniform(0.3, 0.7) if ask.tools else 2.0))
    shape += [("tool_use", plan, 1.4 if plan.spawn else draw.uniform(0.5, 1.0)) for plan in ask.tools]
    total, written = sum(weight for _, _, weight in shape), 0.0
    closed_ns = _up_to_millisecond(first_token_ns) - MILLISECOND
    blocks = []
    for number, (kind, plan, weight) in enumerate(shape, start=1):
        written += weight
        streamed_ns = _up_to_millisecond(first_token_ns + round((end_ns - first_token_ns) * written / total))
        closed_ns = end_ns if number == len(shape) else max(closed_ns + MILLISECOND, streamed_ns)
        blocks.append((kind, plan, closed_ns))
    return blocks


def _run_tool(stage: Stage, ask: Ask, plan: ToolPlan, emitted_ns: int) -> ToolCall:
    timing = stage.timing
    call_id = stage.ids.tool_use()
    label = stage.label()
    asked_ns = emitted_ns + timing.dispatch_ns(plan.name)
    start_ns = asked_ns + (timing.permission_ns() if plan.asks_user else timing.decision_ns())
    child = run_subagent(stage, plan.spawn, ask.agent_id, start_ns) if plan.spawn else None
    if child is None:
        end_ns = start_ns + timing.tool_ns(plan.name, slow_test=plan.slow_test)
    elif child.background:
        end_ns = start_ns + timing.harness_ns(0.06)
    else:
        end_ns = child.end_ns + timing.harness_ns(0.012)
    return ToolCall(
        call_id=call_id,
        name=plan.name,
        emitted_ns=emitted_ns,
        asked_ns=asked_ns,
        start_ns=start_ns,
        end_ns=end_ns,
        result_tokens=plan.result_tokens,
        failed=plan.failed,
        asks_user=plan.asks_user,
        label=label,
        child=child,
    )


def run_subagent(stage: Stage, spawn: Spawn, parent_id: str, start_ns: int) -> Agent:
    """All requests of a subagent, one after the other, each with its tools."""
    timing = stage.timing
    agent_id, label = stage.ids.agent(), stage.label()
    tokens = _SUBAGENT_STATIC_TOKENS + timing.random.randrange(300, 900)
    warm = (spawn.agent_type, spawn.worker) in stage.warm
    stage.warm.add((spawn.agent_type, spawn.worker))
    cached = _SUBAGENT_STATIC_TOKENS if warm else 0
    requests: list[Request] = []
    t_ns = start_ns
    for number in range(1, spawn.branch.requests + 1):
        t_ns += timing.harness_ns()
        ask = Ask(
            agent_id=agent_id,
            turn=number,
            start_ns=t_ns,
            input_tokens=tokens,
            cache_read_tokens=cached,
            output_tokens=max(40, round(timing.lognormal(290, 0.5))),
            worker=spawn.worker,
            width=spawn.width,
            tools=_subagent_tools(stage, spawn, number),
            opens_chain=number == 1,
            miss=None if warm or number > 1 else "cold",
        )
        requests.append(ask_model(stage, ask))
        t_ns = requests[-1].settled_ns
        cached = whole_blocks(tokens)
        tokens += ask.output_tokens + sum(plan.result_tokens for plan in ask.tools)
    return Agent(
        agent_id=agent_id,
        agent_type=spawn.agent_type,
        label=label,
        parent_id=parent_id,
        depth=spawn.depth,
        background=spawn.background,
        static_tokens=_SUBAGENT_STATIC_TOKENS,
        start_ns=start_ns,
        end_ns=requests[-1].end_ns,
        requests=tuple(requests),
    )


def _subagent_tools(stage: Stage, spawn: Spawn, number: int) -> tuple[ToolPlan, ...]:
    """None for the last request, which reports; the nested subagent where the script wants it."""
    branch, timing = spawn.branch, stage.timing
    if number == branch.requests:
        return ()
    if branch.nested and number == branch.nested_at:
        nested = Spawn(
            branch=branch.nested,
            agent_type=spawn.agent_type,
            worker=(spawn.worker + 1) % WORKERS,
            width=spawn.width,
            depth=spawn.depth + 1,
        )
        return (ToolPlan(name="Agent", result_tokens=410, spawn=nested),)
    count = timing.random.choices((1, 2, 3), (0.55, 0.32, 0.13))[0]
    return tuple(
        ToolPlan(
            name=name,
            result_tokens=max(20, round(timing.lognormal(300, 0.6))),
            failed=number == branch.error_at and position == 0,
        )
        for position, name in enumerate(timing.pick(_SUBAGENT_TOOLS, count))
    )


def _up_to_millisecond(t_ns: int) -> int:
    return -(-t_ns // MILLISECOND) * MILLISECOND
