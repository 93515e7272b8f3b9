"""The nouns of a sample session: who asked the model what, when, and what that set off.

A story is the truth that every writer tells. Times are nanoseconds since the first prompt; starts and ends
are whole milliseconds, as most sources have them, and only the first token lies in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH_NS = 1_789_376_400_000_000_000
"""2026-09-14T09:00:00Z, when every story begins."""

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
CACHE_BLOCK_TOKENS = 512
MODEL = "zai-org/GLM-5.2"
MAIN_TYPE = "main"

BlockKind = Literal["thinking", "text", "tool_use"]
MissReason = Literal["cold", "evicted", "compaction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One execution of a tool; `asked_ns` is when its permission was looked up, or asked of the user."""

    call_id: str
    name: str
    emitted_ns: int
    asked_ns: int
    start_ns: int
    end_ns: int
    result_tokens: int
    failed: bool = False
    asks_user: bool = False
    label: str = ""
    child: Agent | None = None

    @property
    def duration_ns(self) -> int:
        """How long it ran: without the wait for a permission."""
        return self.end_ns - self.start_ns

    @property
    def background(self) -> bool:
        """It only launched its agent, which runs on after its end."""
        return self.child is not None and self.child.background


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of an answer, complete at `closed_ns`; a tool call leaves the model at that instant."""

    kind: BlockKind
    closed_ns: int
    tool: ToolCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """A try that the server refused, and the wait before the next one."""

    start_ns: int
    end_ns: int
    backoff_ns: int
    status_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answered call of the model. `start_ns` is that of the attempt that was answered."""

    request_id: str
    message_id: str
    client_request_id: str
    agent_id: str
    turn: int
    start_ns: int
    queue_ns: int
    prefill_ns: int
    end_ns: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    worker: int
    blocks: tuple[Block, ...]
    compacts: bool = False
    opens_chain: bool = False
    miss: MissReason | None = None
    failed: FailedAttempt | None = None

    @property
    def first_token_ns(self) -> int:
        """When the first token came."""
        return self.start_ns + self.queue_ns + self.prefill_ns

    @property
    def sent_ns(self) -> int:
        """When the first attempt was sent."""
        return self.failed.start_ns if self.failed else self.start_ns

    @property
    def uncached_tail_tokens(self) -> int:
        """What the provider bills as plain input: the few tokens after the last cache mark."""
        return min(3 + self.input_tokens % 5, self.input_tokens - self.cache_read_tokens)

    @property
    def cache_write_tokens(self) -> int:
        """What was neither read from the cache nor is the uncached tail."""
        return self.input_tokens - self.cache_read_tokens - self.uncached_tail_tokens

    @property
    def tools(self) -> tuple[ToolCall, ...]:
        """The tool calls of the answer, in order."""
        return tuple(block.tool for block in self.blocks if block.tool)

    @property
    def settled_ns(self) -> int:
        """When the answer and everything that it waits for were there."""
        return max(self.end_ns, *(tool.end_ns for tool in self.tools), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One lane of control; its requests form one growing context."""

    agent_id: str
    agent_type: str
    label: str
    parent_id: str | None
    depth: int
    background: bool
    static_tokens: int
    start_ns: int
    end_ns: int
    requests: tuple[Request, ...]

    @property
    def tool_calls(self) -> int:
        """How many tools it called, agents among them."""
        return sum(len(request.tools) for request in self.requests)

    def family(self) -> Iterator[Agent]:
        """It and all agents below it, parents first."""
        yield self
        for request in self.requests:
            for tool in request.tools:
                if tool.child:
                    yield from tool.child.family()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """From a prompt of the user to the end of the work on it; `dialog_ns` of it waited for a permission."""

    sequence: int
    prompt_id: str
    prompt_ns: int
    end_ns: int
    dialog_ns: int
    first_turn: int
    last_turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """The context of the main agent became a summary; `agent_id` names the throw-away agent that wrote it."""

    agent_id: str
    start_ns: int
    end_ns: int
    tokens_before: int
    tokens_after: int
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The end of a background agent, told to the main agent with the request that it made next."""

    agent: Agent
    call_id: str
    queued_ns: int
    delivered_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A whole session. `main.requests` holds the compactions too, in order of time."""

    name: str
    session_id: str
    end_ns: int
    main: Agent
    interactions: tuple[Interaction, ...]
    compactions: tuple[Compaction, ...]
    notifications: tuple[Notification, ...]

    @property
    def agents(self) -> tuple[Agent, ...]:
        """All agents, the main one first."""
        return tuple(self.main.family())

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests, by agent."""
        return tuple(request for agent in self.agents for request in agent.requests)

    def interaction_at(self, t_ns: int) -> Interaction:
        """The interaction that was under way, or had been last."""
        return [each for each in self.interactions if each.prompt_ns <= t_ns][-1]
