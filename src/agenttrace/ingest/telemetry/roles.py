"""What a span is, as each dialect says it: the tables that recognise requests, agents, tools and the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from agenttrace.model import otel_attributes
from agenttrace.model.vocabulary import Phase, SpanKind


class Role(IntEnum):
    """What a span is to us: its kind, and the phase of the time that it spends on nothing else."""

    PART = 0
    REQUEST = 1
    AGENT = 2
    TOOL = 3
    INTERACTION = 4
    USER_WAIT = 5
    WRAPPER = 6
    EXECUTION = 7
    NOISE = 8
    COMPACTION = 9


KIND = MappingProxyType(
    {
        Role.PART: SpanKind.OTHER,
        Role.REQUEST: SpanKind.REQUEST,
        Role.AGENT: SpanKind.AGENT,
        Role.TOOL: SpanKind.TOOL,
        Role.INTERACTION: SpanKind.INTERACTION,
        Role.USER_WAIT: SpanKind.USER_WAIT,
        Role.WRAPPER: SpanKind.OTHER,
        Role.EXECUTION: SpanKind.OTHER,
        Role.NOISE: SpanKind.OTHER,
        Role.COMPACTION: SpanKind.COMPACTION,
    }
)
OWN_PHASE = MappingProxyType({Role.WRAPPER: Phase.HARNESS, Role.EXECUTION: Phase.TOOL})


class Dialect(IntEnum):
    """Who named the attributes of a span. The names are told in `sources[].dialect`."""

    GENAI = 0
    OPENINFERENCE = 1
    OPENLLMETRY = 2
    LANGSMITH = 3
    LANGFUSE = 4
    LOGFIRE = 5
    VERCEL_AI = 6
    GEMINI_CLI = 7
    CODEX = 8
    CLAUDE_CODE = 9
    DYNAMO = 10
    VLLM = 11
    SGLANG = 12
    TENSORRT_LLM = 13
    OPENAI_AGENTS = 14
    AGENTTRACE = 15
    LITELLM = 16

    @property
    def label(self) -> str:
        """The name that users see."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Rule:
    """A span with this attribute is of the dialect; its value, if the table has it, says what the span is.

    With `only_known` it is of the dialect only if the table has the value.
    """

    dialect: Dialect
    attribute: str
    roles: Mapping[str, Role]
    only_known: bool = False


_EVERY_TOOL = dict.fromkeys(("tool", "retriever", "embedding", "reranker"), Role.TOOL)

_GENAI = {
    "chat": Role.REQUEST,
    "text_completion": Role.REQUEST,
    "generate_content": Role.REQUEST,
    "embeddings": Role.TOOL,
    "retrieval": Role.TOOL,
    "execute_tool": Role.TOOL,
    "invoke_agent": Role.AGENT,
    "invoke_workflow": Role.WRAPPER,
    "agent_step": Role.WRAPPER,
    "plan": Role.WRAPPER,
}

RULES = (
    Rule(Dialect.LOGFIRE, "logfire.span_type", {}),
    Rule(
        Dialect.LANGFUSE,
        "langfuse.observation.type",
        {**_EVERY_TOOL, "generation": Role.REQUEST, "agent": Role.AGENT, "chain": Role.WRAPPER},
    ),
    Rule(
        Dialect.LANGSMITH,
        "langsmith.span.kind",
        {
            **_EVERY_TOOL,
            "llm": Role.REQUEST,
            "agent": Role.AGENT,
            "chain": Role.WRAPPER,
            "prompt": Role.WRAPPER,
            "parser": Role.WRAPPER,
        },
    ),
    Rule(
        Dialect.OPENLLMETRY,
        "llm.request.type",
        {
            "chat": Role.REQUEST,
            "completion": Role.REQUEST,
            "embedding": Role.TOOL,
            "rerank": Role.TOOL,
        },
    ),
    Rule(
        Dialect.OPENLLMETRY,
        "traceloop.span.kind",
        {"agent": Role.AGENT, "tool": Role.TOOL, "workflow": Role.WRAPPER, "task": Role.WRAPPER},
    ),
    Rule(
        Dialect.OPENINFERENCE,
        "openinference.span.kind",
        {
            **{name.upper(): role for name, role in _EVERY_TOOL.items()},
            "LLM": Role.REQUEST,
            "AGENT": Role.AGENT,
            "CHAIN": Role.WRAPPER,
            "PROMPT": Role.WRAPPER,
        },
    ),
    Rule(Dialect.GENAI, "gen_ai.operation.name", _GENAI),
    Rule(
        Dialect.GEMINI_CLI,
        "gen_ai.operation.name",
        {
            "llm_call": Role.REQUEST,
            "tool_call": Role.TOOL,
            "agent_call": Role.AGENT,
            "user_prompt": Role.INTERACTION,
            "schedule_tool_calls": Role.WRAPPER,
        },
        only_known=True,
    ),
    Rule(
        Dialect.LITELLM,
        "llm.request.type",
        {
            **dict.fromkeys(("acompletion", "text_completion", "atext_completion"), Role.REQUEST),
            **dict.fromkeys(("responses", "aresponses", "anthropic_messages"), Role.REQUEST),
            **dict.fromkeys(("aembedding", "arerank"), Role.TOOL),
        },
        only_known=True,
    ),
    Rule(
        Dialect.VERCEL_AI,
        "ai.operationId",
        {
            "ai.generateText": Role.WRAPPER,
            "ai.streamText": Role.WRAPPER,
            "ai.generateObject": Role.WRAPPER,
            "ai.streamObject": Role.WRAPPER,
            "ai.generateText.doGenerate": Role.REQUEST,
            "ai.streamText.doStream": Role.REQUEST,
            "ai.generateObject.doGenerate": Role.REQUEST,
            "ai.streamObject.doStream": Role.REQUEST,
            "ai.toolCall": Role.TOOL,
            "ai.embed.doEmbed": Role.TOOL,
            "ai.embedMany.doEmbed": Role.TOOL,
        },
    ),
    Rule(
        Dialect.OPENAI_AGENTS,
        "openai_agents.span_data.type",
        {
            "generation": Role.REQUEST,
            "response": Role.REQUEST,
            "function": Role.TOOL,
            "transcription": Role.TOOL,
            "speech": Role.TOOL,
            "agent": Role.AGENT,
            "task": Role.WRAPPER,
            "turn": Role.WRAPPER,
            "guardrail": Role.WRAPPER,
            "handoff": Role.WRAPPER,
            "mcp_tools": Role.WRAPPER,
            "speech_group": Role.WRAPPER,
        },
    ),
    Rule(Dialect.SGLANG, "module", {"sglang::request": Role.REQUEST}),
    Rule(
        Dialect.AGENTTRACE,
        otel_attributes.KIND,
        {
            SpanKind.SESSION: Role.WRAPPER,
            SpanKind.AGENT: Role.AGENT,
            SpanKind.INTERACTION: Role.INTERACTION,
            SpanKind.REQUEST: Role.REQUEST,
            SpanKind.TOOL: Role.TOOL,
            SpanKind.COMPACTION: Role.COMPACTION,
            SpanKind.USER_WAIT: Role.USER_WAIT,
            SpanKind.OTHER: Role.PART,
        },
    ),
)
"""A later rule wins over an earlier one."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A span that no rule knows, and that has this attribute whatever its value, is that."""

    attribute: str
    dialect: Dialect
    role: Role


PRESENT = (
    Presence("pydantic_ai.all_messages", Dialect.GENAI, Role.AGENT),
    Presence("all_messages_events", Dialect.GENAI, Role.AGENT),
    Presence("gen_ai.tool.call.id", Dialect.GENAI, Role.TOOL),
    Presence("gen_ai.tool.name", Dialect.GENAI, Role.TOOL),
)
"""Pydantic AI's agents before its version 3, and tools of frameworks that do not name the operation."""

FIRST_WORDS = MappingProxyType(_GENAI)
"""The operation as the first word of a span's name: before 1.27 it stood nowhere else."""
GENAI_MARKS = ("gen_ai.system", "gen_ai.request.model")
"""Attributes by which such a span is known to be of this dialect."""
OPERATION_NAMES = frozenset({"embeddings", "retrieval"})
"""Operations that name a tool better than its span does."""

NAMES = MappingProxyType(
    {
        "claude_code.interaction": (Dialect.CLAUDE_CODE, Role.INTERACTION),
        "claude_code.llm_request": (Dialect.CLAUDE_CODE, Role.REQUEST),
        "claude_code.tool": (Dialect.CLAUDE_CODE, Role.TOOL),
        "claude_code.tool.blocked_on_user": (Dialect.CLAUDE_CODE, Role.USER_WAIT),
        "claude_code.tool.execution": (Dialect.CLAUDE_CODE, Role.EXECUTION),
        "claude_code.hook": (Dialect.CLAUDE_CODE, Role.WRAPPER),
        "session_task.turn": (Dialect.CODEX, Role.INTERACTION),
    }
)
"""Span names that say it all."""

SCOPES = (
    ("com.anthropic.claude_code", Dialect.CLAUDE_CODE),
    ("codex", Dialect.CODEX),
    ("gemini-cli", Dialect.GEMINI_CLI),
    ("sglang", Dialect.SGLANG),
    ("vllm", Dialect.VLLM),
    ("trt", Dialect.TENSORRT_LLM),
    ("tensorrt", Dialect.TENSORRT_LLM),
    ("langfuse", Dialect.LANGFUSE),
    ("langsmith", Dialect.LANGSMITH),
    ("litellm", Dialect.LITELLM),
    ("openinference.", Dialect.OPENINFERENCE),
)
"""Beginnings of the names of instrumentation scopes."""

BEEAI_EVENT = re.compile(r"^(agent|backend|tool|workflow)\..+\.(?!start-)[a-z_]+-\d+$", re.IGNORECASE)
"""BeeAI makes a span of each event of a call, of the same kind as the call; the call itself is `*.start-N`."""

LLAMA_INDEX_PREPARES = "._prepare_chat_with_tools"
"""End of the name of a span of LlamaIndex that puts a request together and sends none."""

SGLANG_SLICES = frozenset(
    {
        "tokenize", "api_server_dispatch", "dpc_dispatch", "request_process", "prefill_waiting",
        "prefill_forward", "chunked_prefill", "decode_forward", "decode_loop", "prefill_prepare",
        "prefill_bootstrap", "prefill_transfer_kv_cache", "decode_prepare", "decode_bootstrap",
        "decode_waiting", "decode_transferred", "fake_output", "quick_finish",
    }
)  # fmt: skip

DYNAMO_PREFIX = "kv_router."
DYNAMO_REQUEST = "http-request"
DYNAMO_WORKER = "handle_payload"
DYNAMO_QUERY = "worker_kv_query"
"""Beginning of the endpoint of a worker's own bookkeeping, which is part of no session."""
MODEL_URIS = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"})
