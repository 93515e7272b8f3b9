"""Per format: which fields hold the ids of records and of lanes, and how far a record's word reaches.

Three families. In a format of *spans* a record is known by its id and names its parent: the damage of one
reaches to the records that share ids with it, in `REACH` steps. In a format of *stories* what happened lies
between records, in the order of the file: there `damage_story` tells which rows lie beside what was hit. In a
format of *sessions* a line names its session, or is one: there `damage_sessions` tells which have nothing to
do with what was hit.
"""

from __future__ import annotations

OWN_IDS = {
    "dynamo": frozenset({"request_id", "tool_call_id"}),
    "otlp": frozenset({
        "spanId", "parentSpanId", "request_id", "client_request_id", "x_request_id", "tool_use_id",
        "gen_ai.tool.call.id", "gen_ai.response.id", "call_id", "harness.call_id",
    }),
    "claude-code": frozenset({
        "uuid", "parentUuid", "logicalParentUuid", "requestId", "tool_use_id", "toolUseID", "parentToolUseID",
        "sourceToolUseID", "sourceToolAssistantUUID", "interruptedMessageId", "taskId", "task_id",
        "backgroundTaskId", "runId", "id", "toolUseId",
    }),
    "aiperf": frozenset({"x_request_id"}),
    "atof": frozenset({"uuid", "parent_uuid", "tool_call_id", "id"}),
    "nat": frozenset({"UUID", "function_id", "parent_id", "tool_call_id"}),
    "langfuse": frozenset({
        "id", "parentObservationId", "parent_observation_id", "tool_call_id",
    }),
    "phoenix": frozenset({"span_id", "parent_id", "id", "tool_call_id", "context.span_id"}),
    "openai-agents": frozenset({"id", "parent_id", "response_id", "call_id"}),
    "langsmith": frozenset({"id", "parent_run_id", "tool_call_id"}),
    "logfire": frozenset({"span_id", "parent_span_id", "id"}),
    "jaeger": frozenset({"spanID", "spanId", "parentSpanId"}),
    "zipkin": frozenset({"id", "parentId"}),
    "tempo": frozenset({"spanId", "parentSpanId"}),
    "otel-console": frozenset({"span_id", "parent_id", "gen_ai.tool.call.id"}),
    "codex": frozenset({"call_id", "turn_id"}),
    "codex-otel": frozenset({"call_id", "turn.id"}),
    "gemini-cli": frozenset({"id", "prompt_id"}),
    "openhands": frozenset({"id", "cause", "tool_call_id", "action_id", "llm_response_id"}),
    "swe-agent": frozenset[str](),
    "mini-swe-agent": frozenset({"tool_call_id", "id"}),
    "opencode": frozenset({"id", "messageID", "callID", "parentID"}),
    "cline": frozenset({"ts"}),
    "pi": frozenset({"id", "parentId", "toolCallId"}),
    "atif": frozenset({"step_id", "tool_call_id", "source_call_id"}),
    "gptme": frozenset({"call_id"}),
}  # fmt: skip
LANE_IDS = {
    "dynamo": frozenset({
        "session_id", "parent_session_id", "trajectory_id", "parent_trajectory_id", "program_id",
        "parent_program_id", "workflow_id", "child_session_id",
    }),
    "otlp": frozenset({
        "traceId", "session.id", "agent_id", "parent_agent_id", "gen_ai.conversation.id", "gen_ai.agent.id",
        "gen_ai.agent.name", "prompt.id", "agent_type",
    }),
    "claude-code": frozenset({"sessionId", "agentId", "session_id"}),
    "aiperf": frozenset({
        "x_correlation_id", "root_correlation_id", "parent_correlation_id", "conversation_id",
    }),
    "atof": frozenset({"session_id"}),
    "nat": frozenset({"workflow_run_id", "workflow_trace_id", "conversation_id"}),
    "langfuse": frozenset({"traceId", "trace_id", "sessionId", "session_id"}),
    "phoenix": frozenset({"trace_id", "context.trace_id", "session.id"}),
    "openai-agents": frozenset({"trace_id", "group_id"}),
    "langsmith": frozenset({"trace_id", "thread_id", "session_id"}),
    "logfire": frozenset({"trace_id"}),
    "jaeger": frozenset({"traceID", "traceId"}),
    "zipkin": frozenset({"traceId"}),
    "tempo": frozenset({"traceId"}),
    "otel-console": frozenset({"trace_id", "gen_ai.conversation.id", "gen_ai.agent.id"}),
}  # fmt: skip
"""The lanes of a story are left to `damage_story`."""

REACH = {
    "dynamo": 0,
    "otlp": 2,
    "claude-code": 3,
    "aiperf": 0,
    "atof": 2,
    "nat": 2,
    "langfuse": 2,
    "phoenix": 2,
    "openai-agents": 2,
    "langsmith": 2,
    "logfire": 2,
    "jaeger": 2,
    "zipkin": 2,
    "tempo": 2,
    "otel-console": 2,
}
SPANS = frozenset(REACH) - {"dynamo", "otlp", "claude-code"}
"""Formats whose records are spans, each with its ids."""

STORIES = frozenset(OWN_IDS) - frozenset(REACH)
"""Formats whose records follow each other."""

SESSION_IDS = {
    "spans-jsonl": frozenset({"session"}),
    "mooncake": frozenset({"session_id"}),
    "agentic-mooncake": frozenset({"request_id", "play_id", "session_id"}),
    "applied-compute": frozenset[str](),
    "weka": frozenset({"id"}),
}
"""Ids that name a session, or that sessions are made of."""

SESSIONS = frozenset(SESSION_IDS)
"""Formats whose lines name their session, or are one."""
