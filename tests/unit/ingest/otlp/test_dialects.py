"""What a span is, in each dialect, and what its attributes say."""

from typing import Any

import pytest

from unit.ingest.otlp.telemetry import MS, T0, Record, facts, findings, read_spans, rows, span

TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")

KINDS: list[tuple[str, Record, str, str | None, str | None]] = [
    # name, attributes, kind, own phase, dialect
    ("chat m", {"gen_ai.operation.name": "chat"}, "request", None, "genai"),
    ("x", {"gen_ai.operation.name": "text_completion"}, "request", None, "genai"),
    ("x", {"gen_ai.operation.name": "generate_content"}, "request", None, "genai"),
    ("x", {"gen_ai.operation.name": "embeddings"}, "tool", None, "genai"),
    ("x", {"gen_ai.operation.name": "retrieval"}, "tool", None, "genai"),
    ("x", {"gen_ai.operation.name": "execute_tool"}, "tool", None, "genai"),
    ("x", {"gen_ai.operation.name": "invoke_agent"}, "agent", None, "genai"),
    ("x", {"gen_ai.operation.name": "invoke_workflow"}, "other", "harness", "genai"),
    ("x", {"gen_ai.operation.name": "create_agent"}, "other", None, "genai"),
    ("chat gpt", {"gen_ai.system": "openai"}, "request", None, "genai"),
    ("chat gpt", {}, "other", None, None),
    ("x", {"openinference.span.kind": "LLM"}, "request", None, "openinference"),
    ("M.achat", {"openinference.span.kind": "LLM"}, "request", None, "openinference"),
    ("M._prepare_chat_with_tools", {"openinference.span.kind": "LLM"}, "other", None, "openinference"),
    ("x", {"openinference.span.kind": "AGENT"}, "agent", None, "openinference"),
    ("x", {"openinference.span.kind": "TOOL"}, "tool", None, "openinference"),
    ("x", {"openinference.span.kind": "RETRIEVER"}, "tool", None, "openinference"),
    ("x", {"openinference.span.kind": "RERANKER"}, "tool", None, "openinference"),
    ("x", {"openinference.span.kind": "EMBEDDING"}, "tool", None, "openinference"),
    ("x", {"openinference.span.kind": "CHAIN"}, "other", "harness", "openinference"),
    ("x", {"openinference.span.kind": "GUARDRAIL"}, "other", None, "openinference"),
    ("x", {"traceloop.span.kind": "agent"}, "agent", None, "openllmetry"),
    ("x", {"traceloop.span.kind": "tool"}, "tool", None, "openllmetry"),
    ("x", {"traceloop.span.kind": "workflow"}, "other", "harness", "openllmetry"),
    ("x", {"traceloop.span.kind": "task"}, "other", "harness", "openllmetry"),
    ("x", {"llm.request.type": "chat"}, "request", None, "openllmetry"),
    ("x", {"llm.request.type": "embedding"}, "tool", None, "openllmetry"),
    ("x", {"llm.request.type": "acompletion"}, "request", None, "litellm"),
    (
        "x",
        {"llm.request.type": "aresponses", "gen_ai.operation.name": "aresponses"},
        "request",
        None,
        "litellm",
    ),
    ("x", {"llm.request.type": "aembedding", "gen_ai.operation.name": "aembedding"}, "tool", None, "litellm"),
    ("x", {"langsmith.span.kind": "llm"}, "request", None, "langsmith"),
    ("x", {"langsmith.span.kind": "chain"}, "other", "harness", "langsmith"),
    ("x", {"langfuse.observation.type": "generation"}, "request", None, "langfuse"),
    ("x", {"langfuse.observation.type": "agent"}, "agent", None, "langfuse"),
    ("x", {"ai.operationId": "ai.streamText.doStream"}, "request", None, "vercel-ai"),
    ("x", {"ai.operationId": "ai.streamText"}, "other", "harness", "vercel-ai"),
    ("x", {"ai.operationId": "ai.toolCall"}, "tool", None, "vercel-ai"),
    ("x", {"gen_ai.operation.name": "llm_call"}, "request", None, "gemini-cli"),
    ("x", {"gen_ai.operation.name": "tool_call"}, "tool", None, "gemini-cli"),
    ("x", {"gen_ai.operation.name": "agent_call"}, "agent", None, "gemini-cli"),
    ("x", {"gen_ai.operation.name": "user_prompt"}, "interaction", None, "gemini-cli"),
    ("x", {"gen_ai.operation.name": "schedule_tool_calls"}, "other", "harness", "gemini-cli"),
    ("claude_code.interaction", {}, "interaction", None, "claude-code"),
    ("claude_code.llm_request", {}, "request", None, "claude-code"),
    ("claude_code.tool", {}, "tool", None, "claude-code"),
    ("claude_code.tool.blocked_on_user", {}, "user_wait", None, "claude-code"),
    ("claude_code.tool.execution", {}, "other", "tool", "claude-code"),
    ("claude_code.hook", {}, "other", "harness", "claude-code"),
    ("session_task.turn", {"codex.turn.token_usage.input_tokens": 9}, "interaction", None, "codex"),
    ("llm_request", {"gen_ai.latency.e2e": 1.0}, "request", None, "vllm"),
    ("http-request", {"request_id": "r", "uri": "/v1/chat/completions"}, "request", None, "dynamo"),
    ("http-request", {"request_id": "r", "uri": "/v1/models"}, "other", None, "dynamo"),
    ("http-request", {}, "other", None, None),
    ("kv_router.schedule", {}, "other", None, "dynamo"),
    ("handle_payload", {"endpoint": "generate"}, "other", None, "dynamo"),
    ("GET /", {"http.request.method": "GET"}, "other", None, None),
]


@pytest.mark.parametrize(("name", "values", "kind", "phase", "dialect"), KINDS)
def test_what_a_span_is(name: str, values: Record, kind: str, phase: str | None, dialect: str | None) -> None:
    trace = read_spans(span(1, (0, 1), values, name=name, parent=9))

    assert facts(trace, 1, "kind", "own_phase") == {"kind": kind, "own_phase": phase}
    assert trace.dialects == ((dialect,) if dialect else ())


def test_the_special_wins_over_the_general() -> None:
    values = {
        "gen_ai.operation.name": "chat",
        "openinference.span.kind": "CHAIN",
        "ai.operationId": "ai.streamText",
    }

    assert facts(read_spans(span(1, (0, 1), values)), 1, "kind", "own_phase") == {
        "kind": "other",
        "own_phase": "harness",
    }


@pytest.mark.parametrize(
    ("values", "name", "shown"),
    [
        ({"gen_ai.operation.name": "chat"}, "chat gpt-5", "chat"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "bash"}, "execute_tool x", "bash"),
        ({"gen_ai.operation.name": "execute_tool"}, "execute_tool bash", "bash"),
        ({"gen_ai.operation.name": "embeddings"}, "embeddings ada", "embeddings"),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "coder"}, "invoke_agent", "coder"),
        ({"traceloop.span.kind": "tool", "traceloop.entity.name": "search"}, "search.tool", "search"),
        ({"openinference.span.kind": "RETRIEVER"}, "VectorStore", "VectorStore"),
        ({"tool_name": "Bash"}, "claude_code.tool", "Bash"),
        ({}, "claude_code.llm_request", "llm_request"),
        ({"ai.operationId": "ai.toolCall", "ai.toolCall.name": "read"}, "ai.toolCall", "read"),
        ({}, "GET /", "GET /"),
    ],
)
def test_what_a_span_is_called(values: Record, name: str, shown: str) -> None:
    assert facts(read_spans(span(1, (0, 1), values, name=name)), 1, "name") == {"name": shown}


GENAI = {"gen_ai.operation.name": "chat"}

USAGE: list[tuple[str, Record, tuple[int | None, ...]]] = [
    # input, cache read, cache write, output, reasoning
    (
        "newest",
        {
            **GENAI,
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_write.input_tokens": 30,
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.usage.reasoning.output_tokens": 4,
        },
        (100, 60, 30, 9, 4),
    ),
    (
        "of 1.40",
        {**GENAI, "gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_creation.input_tokens": 30},
        (100, None, 30, None, None),
    ),
    (
        "oldest",
        {**GENAI, "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 3},
        (7, None, None, 3, None),
    ),
    (
        "openllmetry with underscores",
        {
            "llm.request.type": "chat",
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.cache_read_input_tokens": 40,
            "gen_ai.usage.cache_creation_input_tokens": 20,
            "gen_ai.usage.reasoning_tokens": 2,
        },
        (100, 40, 20, None, 2),
    ),
    (
        "openinference",
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": 50,
            "llm.token_count.completion": 8,
            "llm.token_count.prompt_details.cache_read": 30,
            "llm.token_count.prompt_details.cache_write": 10,
            "llm.token_count.completion_details.reasoning": 5,
        },
        (50, 30, 10, 8, 5),
    ),
    (
        "vercel, whole",
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.usage.inputTokens": 12632,
            "ai.usage.inputTokenDetails.noCacheTokens": 3,
            "ai.usage.inputTokenDetails.cacheReadTokens": 0,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 12629,
            "ai.usage.outputTokens": 13,
        },
        (12632, 0, 12629, 13, None),
    ),
    (
        "vercel, parts only",
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.usage.inputTokenDetails.noCacheTokens": 3,
            "ai.usage.inputTokenDetails.cacheReadTokens": 7,
        },
        (10, 7, None, None, None),
    ),
    (
        "claude code",
        {"input_tokens": 10, "cache_read_tokens": 17822, "cache_creation_tokens": 6717, "output_tokens": 248},
        (24549, 17822, 6717, 248, None),
    ),
    (
        "langsmith",
        {
            "langsmith.span.kind": "llm",
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.usage.input_token_details": '{"cache_read": 15}',
            "gen_ai.usage.output_token_details": '{"reasoning": 1}',
        },
        (20, 15, None, None, 1),
    ),
    (
        "langfuse",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": '{"input": 30, "output": 4, "input_cache_read": 20}',
        },
        (50, 20, None, 4, None),
    ),
    (
        "dynamo, as text",
        {"request_id": "r", "input_tokens": "817", "output_tokens": "79", "cached_tokens": "640"},
        (817, 640, None, 79, None),
    ),
]


@pytest.mark.parametrize(("case", "values", "expected"), USAGE, ids=[case for case, _, _ in USAGE])
def test_tokens_mean_the_same_in_every_dialect(
    case: str, values: Record, expected: tuple[int | None, ...]
) -> None:
    name = {"claude code": "claude_code.llm_request", "dynamo, as text": "http-request"}.get(case, "x")

    found = facts(read_spans(span(1, (0, 1), values, name=name)), 1, *TOKENS)

    assert tuple(found.values()) == expected


def test_an_input_smaller_than_its_cached_part_was_given_without_it() -> None:
    values = {**GENAI, "gen_ai.usage.input_tokens": 5, "gen_ai.usage.cache_read.input_tokens": 90}
    trace = read_spans(span(1, (0, 1), values))

    assert facts(trace, 1, "input_tokens") == {"input_tokens": 95}
    assert findings(trace) == {"input_without_cache": 1}


def test_only_requests_have_tokens() -> None:
    values = {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 5}
    agent = span(1, (0, 9), {**values, "gen_ai.operation.name": "invoke_agent"})
    turn = span(2, (0, 9), values, name="session_task.turn")

    trace = read_spans(agent, turn)

    assert facts(trace, 1, *TOKENS) == facts(trace, 2, *TOKENS) == dict.fromkeys(TOKENS)


def test_a_request_of_claude_code() -> None:
    values = {
        "model": "m",
        "gen_ai.request.model": "m",
        "request_id": "req",
        "client_request_id": "client",
        "attempt": 1,
        "ttft_ms": 100,
        "success": True,
        "query_source": "compact",
        "output_tokens": 7,
    }
    row = rows(read_spans(span(1, (0, 500), values, name="claude_code.llm_request")))["1"]

    assert {
        "model": "m",
        "request_id": "req",
        "client_request_id": "client",
        "attempt": 1,
    }.items() <= row.items()
    assert {"status": "ok", "purpose": "compaction", "output_quality": "final"}.items() <= row.items()
    assert row["first_token_ns"] == T0 + 100 * MS
    assert (row["decode_ns"], row["decode_evidence"]) == (400 * MS, "measured")


@pytest.mark.parametrize(
    ("values", "purpose"),
    [
        ({"query_source": "repl_main_thread"}, "turn"),
        ({"query_source_safe": "compact"}, "compaction"),
        ({"llm_request.context": "standalone"}, "side_request"),
        ({"success": False, "status_code": 529}, "failed_attempt"),
    ],
)
def test_what_a_request_of_claude_code_is_for(values: Record, purpose: str) -> None:
    trace = read_spans(span(1, (0, 500), values, name="claude_code.llm_request"))

    assert facts(trace, 1, "purpose") == {"purpose": purpose}


def test_a_request_of_dynamo() -> None:
    values = {
        "request_id": "r",
        "x_request_id": "client",
        "model": "tiny",
        "ttft_ms": "41.37",
        "avg_itl_ms": "5.96",
        "decode_worker_id": str(2**64 - 1),
        "prefill_worker_id": "7",
        "request.outcome": "success",
    }
    row = rows(read_spans(span(1, (0, 500), values, name="http-request")))["1"]

    assert {
        "request_id": "r",
        "client_request_id": "client",
        "model": "tiny",
        "status": "ok",
    }.items() <= row.items()
    assert {"worker": 2**64 - 1, "prefill_worker": 7, "itl_ns": 5_960_000}.items() <= row.items()
    assert row["first_token_ns"] == T0 + 41_370_000


def test_a_stream_that_the_client_cancelled() -> None:
    values = {"request_id": "r", "request.outcome": "cancelled", "output_tokens": "3"}
    row = rows(read_spans(span(1, (0, 500), values, name="http-request")))["1"]

    assert row["status"] == "cancelled"
    assert "output_quality" not in row


def test_a_workers_own_queries_are_left_out_with_a_finding() -> None:
    query = span(1, (0, 1), {"endpoint": "worker_kv_query_source_1"}, name="handle_payload")
    work = span(2, (0, 1), {"endpoint": "generate"}, name="handle_payload", parent=3)

    trace = read_spans(query, work)

    assert set(rows(trace)) == {"2"}
    assert findings(trace) == {"worker_bookkeeping": 1}


@pytest.mark.parametrize(
    ("status", "values", "events", "expected"),
    [
        ({"code": 2}, {"error.type": "timeout"}, [], ("error", "timeout")),
        ({"code": 2}, {}, [("exception", {"exception.type": "ValueError"})], ("error", "ValueError")),
        ({"code": 2, "message": "secret text"}, {}, [], ("error", None)),
        ({"code": 1}, {}, [], ("ok", None)),
        ({}, {"error.type": "timeout"}, [], (None, None)),
    ],
)
def test_how_a_span_ended(
    status: Record, values: Record, events: list[tuple[str, Record]], expected: tuple[Any, ...]
) -> None:
    from unit.ingest.otlp.telemetry import event  # noqa: PLC0415

    happened = [event(name, 0.5, told) for name, told in events]
    trace = read_spans(span(1, (0, 1), values, status=status, events=happened))

    assert tuple(facts(trace, 1, "status", "error").values()) == expected


def test_numbers_that_are_none_are_left_out_with_a_finding() -> None:
    values = {**GENAI, "gen_ai.usage.input_tokens": "many", "gen_ai.usage.output_tokens": -5}
    trace = read_spans(span(1, (0, 1), values))

    assert facts(trace, 1, "input_tokens", "output_tokens") == {"input_tokens": None, "output_tokens": None}
    assert findings(trace) == {"unusable_value": 2}


def test_values_of_different_types_under_one_name_are_all_read() -> None:
    written: list[Any] = [12, "13", 14.0, "15.5", True]
    spans = [
        span(number, (0, 1), {**GENAI, "gen_ai.usage.input_tokens": value})
        for number, value in enumerate(written, start=1)
    ]
    trace = read_spans(*spans)

    found = [facts(trace, number, "input_tokens")["input_tokens"] for number in range(1, 6)]
    assert found == [12, 13, 14, None, None]
    assert findings(trace) == {"unusable_value": 2}


PRESENT = [
    ({"gen_ai.tool.call.id": "c"}, "tool"),
    ({"gen_ai.tool.name": "find"}, "tool"),
    ({"pydantic_ai.all_messages": "[]"}, "agent"),
    ({"gen_ai.tool.name": "find", "gen_ai.operation.name": "plan"}, "other"),
    ({"gen_ai.tool.name": "find", "openinference.span.kind": "LLM"}, "request"),
    ({"gen_ai.agent.name": "a"}, "other"),
]


@pytest.mark.parametrize(("values", "kind"), PRESENT)
def test_frameworks_that_name_no_operation_are_known_by_what_their_spans_have(
    values: dict[str, str], kind: str
) -> None:
    assert facts(read_spans(span(1, (0, 1), values)), 1, "kind") == {"kind": kind}
