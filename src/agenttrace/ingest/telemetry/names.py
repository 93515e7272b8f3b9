"""Every attribute name that carries a concept, in order of precedence, with its unit: the dialects as data.

Where two names of a concept stand on one span, the first of the tuple counts. Units are converted in one
place, `concepts`. What a span is (a request, a tool call) is decided in `roles`, by other attributes.
"""

from __future__ import annotations

import re

from agenttrace.ingest.telemetry.roles import GENAI_MARKS, PRESENT, RULES
from agenttrace.model import otel_attributes

S = 10**9
MS = 10**6
"""Nanoseconds in the unit that an attribute is written in."""

MODEL = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.response.model_name",
    "llm.model_name",
    "llm.request.model_name",
    "ai.response.model",
    "ai.model.id",
    "langfuse.observation.model.name",
    "model",
)
OPERATION = ("gen_ai.operation.name", "ai.operationId", "llm.request.type")
REQUEST_ID = (
    "gen_ai.response.id",
    "ai.response.id",
    "request_id",
    "gen_ai.request.id",
    "rid",
)
CLIENT_REQUEST_ID = ("x_request_id", "client_request_id")
TOOL_NAME = (
    "gen_ai.tool.name",
    "tool.name",
    "tool_name",
    "ai.toolCall.name",
    "traceloop.entity.name",
)
AGENT_NAME = ("gen_ai.agent.name", "agent.name", "traceloop.entity.name", "graph.node.name")
AGENT_ID = ("gen_ai.agent.id",)
LANE = ("agent_id",)
PARENT_LANE = ("parent_agent_id",)
CALLED = "answers a call"
"""No program writes it: a container says by it that a root, if it only wraps, is one call of a conversation."""
AGENT_LANE = "lane of the agent"
"""No program writes it: a container says by it which agent spans are one lane of control, by its key."""
SUBAGENT_TYPE = ("subagent_type",)
ERROR = ("error.type", "error_type", "status_code")

SESSION = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "ai.telemetry.metadata.sessionId",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "langsmith.metadata.conversation_id",
    "conversation.id",
)
PROJECT = "langsmith.trace.session_id"
"""Names a project, that is thousands of sessions: never a session, only a finding."""
CODEX_THREAD = "thread.id"
"""The session of a Codex turn; on other spans it is the number of a thread of the runtime."""
TASK_ID = ("agenttrace.task_id", "traceloop.association.properties.task_id")
RUN_ID = ("agenttrace.run_id",)
DEPLOYMENT = ("agenttrace.deployment",)
FINGERPRINT = ("agenttrace.first_prompt_fingerprint",)

INPUT_TOKENS = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "input_tokens",
)
OUTPUT_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "output_tokens",
)
CACHE_READ_TOKENS = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.cached_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    "cache_read_tokens",
    "cached_tokens",
)
CACHE_WRITE_TOKENS = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    "cache_creation_tokens",
)
UNCACHED_TOKENS = ("ai.usage.inputTokenDetails.noCacheTokens",)
REASONING_TOKENS = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
    "llm.usage.reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
)
USAGE_DOCUMENTS = (
    ("gen_ai.usage.input_token_details", {"cache_read": "cache_read", "cache_creation": "cache_write"}),
    ("gen_ai.usage.output_token_details", {"reasoning": "reasoning"}),
)
"""Attributes that hold token counts as a JSON object: its keys, and the count that each one is."""
LANGFUSE_USAGE = "langfuse.observation.usage_details"
"""Token counts as a JSON object whose keys overlap or not, as `usage` tells."""
ESTIMATED_USAGE = "usage estimated"
"""No program writes it: a container says by it that the counts of a span are an estimate."""

TTFT = (
    ("gen_ai.response.time_to_first_chunk", S),
    ("gen_ai.client.operation.time_to_first_chunk", S),
    ("gen_ai.latency.time_to_first_token", S),
    ("gen_ai.server.time_to_first_token", S),
    ("ai.response.msToFirstChunk", MS),
    ("ttft_ms", MS),
)
FIRST_TOKEN_TIME = ("langfuse.observation.completion_start_time",)
QUEUE = (("gen_ai.latency.time_in_queue", S),)
PREFILL = (("gen_ai.latency.time_in_model_prefill", S),)
DECODE = (("gen_ai.latency.time_in_model_decode", S),)
WHOLE = (("gen_ai.latency.e2e", S),)
BETWEEN_TOKENS = (("avg_itl_ms", MS),)

ATTEMPT = ("attempt",)
QUEUE_DEPTH = ("queue_depth",)
HIT_RATE = ("kv_hit_rate",)
WORKER = ("decode_worker_id",)
PREFILL_WORKER = ("prefill_worker_id",)
RESULT_TOKENS = ("result_tokens",)

SUCCESS = ("success",)
OUTCOME = ("request.outcome",)
QUERY_SOURCE = ("query_source", "query_source_safe")
REQUEST_CONTEXT = ("llm_request.context",)

CALL_ID = ("gen_ai.tool.call.id", "gen_ai.tool.call_id", "tool_call.id", "ai.toolCall.id", "tool.id")
OUTPUT_MESSAGES = ("gen_ai.output.messages", "ai.response.toolCalls")
INPUT_MESSAGES = ("gen_ai.input.messages",)
EMITTED_CALL = "tool call emitted"
CONSUMED_CALL = "tool result consumed"
_FLATTENED = (
    (re.compile(r"llm\.output_messages\.\d+\.message\.tool_calls\.\d+\.tool_call\.id"), EMITTED_CALL),
    (re.compile(r"gen_ai\.completion\.\d+\.tool_calls\.\d+\.id"), EMITTED_CALL),
    (re.compile(r"llm\.input_messages\.\d+\.message\.tool_call_id"), CONSUMED_CALL),
    (re.compile(r"gen_ai\.prompt\.\d+\.tool_call_id"), CONSUMED_CALL),
)
"""Messages taken apart into one attribute a field: these stand for each other under one name."""

BACKGROUND = otel_attributes.BACKGROUND
CLOCK_SHIFT = "agenttrace.clock_shift_ns"
"""What was added to the times of a span, whose clock differs from that of its caller."""

PURPOSE = otel_attributes.PURPOSE
OWN_PHASE = otel_attributes.OWN_PHASE
EVIDENCE = otel_attributes.EVIDENCE
TRUNCATED = (otel_attributes.TRUNCATED,)
SETTLED = (otel_attributes.SETTLED,)
OF_AGENTS = (
    otel_attributes.MAIN,
    otel_attributes.AGENT_TYPE,
    otel_attributes.PARENT_AGENT,
    otel_attributes.SPAWNED_BY,
    otel_attributes.SPAWN,
)

ENDPOINT = "endpoint"
URI = "uri"
PENDING_PARENT = "logfire.pending_parent_id"
SPAN_TYPE = "logfire.span_type"
TP_RANK = "tp_rank"
PP_RANK = "pp_rank"
THREAD_LABEL = "thread_label"

RESOURCE = ("service.name", "session.id", "deployment.environment.name", *TASK_ID, *RUN_ID, *DEPLOYMENT)
"""Attributes of a resource that are read."""


def _wanted() -> tuple[str, ...]:
    texts = (
        MODEL, OPERATION, REQUEST_ID, CLIENT_REQUEST_ID, TOOL_NAME, AGENT_NAME, AGENT_ID, LANE, PARENT_LANE,
        SUBAGENT_TYPE, ERROR, SESSION, (PROJECT, CODEX_THREAD), TASK_ID, RUN_ID, DEPLOYMENT, FINGERPRINT, INPUT_TOKENS,
        OUTPUT_TOKENS, CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, UNCACHED_TOKENS, REASONING_TOKENS,
        FIRST_TOKEN_TIME, ATTEMPT, QUEUE_DEPTH, HIT_RATE, WORKER, PREFILL_WORKER, RESULT_TOKENS, SUCCESS,
        OUTCOME, QUERY_SOURCE, REQUEST_CONTEXT, CALL_ID, OUTPUT_MESSAGES, INPUT_MESSAGES,
        (ENDPOINT, URI, PENDING_PARENT, SPAN_TYPE, TP_RANK, PP_RANK, THREAD_LABEL),
        (EMITTED_CALL, CONSUMED_CALL, BACKGROUND, CLOCK_SHIFT), GENAI_MARKS,
        (LANGFUSE_USAGE, ESTIMATED_USAGE, CALLED, AGENT_LANE, PURPOSE, OWN_PHASE, *EVIDENCE.values()),
        TRUNCATED, SETTLED, OF_AGENTS, tuple(otel_attributes.FACTS.values()),
    )  # fmt: skip
    timed = (TTFT, QUEUE, PREFILL, DECODE, WHOLE, BETWEEN_TOKENS)
    names = [name for group in texts for name in group]
    names += [name for group in timed for name, _ in group]
    names += [name for name, _ in USAGE_DOCUMENTS]
    names += [rule.attribute for rule in RULES]
    names += [presence.attribute for presence in PRESENT]
    return tuple(dict.fromkeys(names))


WANTED = _wanted()
"""All attributes of spans that anything reads; the others cost a decoder as little as it can manage."""

_CODES = {name: code for code, name in enumerate(WANTED)}


def code_of(name: str) -> int:
    """The position in WANTED of an attribute, or -1 if nothing reads it."""
    code = _CODES.get(name)
    if code is None:
        alias = next((alias for pattern, alias in _FLATTENED if pattern.fullmatch(name)), None)
        code = -1 if alias is None else _CODES[alias]
    return code
