"""How the programs that write a format are made to write more, and where heads name the program and its version.

A row here stands beside each format's facts. Sources of what is said: the documents of the programs themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agenttrace.ingest.doctor.lacks import Lack


@dataclass(frozen=True, slots=True)
class Switch:
    """What to do for something that is missing. `dialects`: of which dialects alone; empty: of all."""

    lack: Lack
    how: str
    dialects: frozenset[str] = frozenset()


_SERVER_VIEW = (
    "give the server's own trace of the same run beside it; the views are joined by request ids: vLLM with "
    "--otlp-traces-endpoint URL, SGLang with --enable-trace --otlp-traces-endpoint HOST:PORT, "
    "Dynamo with DYN_REQUEST_TRACE=1"
)
_CLAUDE_SPANS = (
    "Claude Code: CLAUDE_CODE_ENABLE_TELEMETRY=1 CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1 OTEL_TRACES_EXPORTER=otlp "
    "sends spans with times to the first token to OTEL_EXPORTER_OTLP_ENDPOINT; give its file beside the transcripts"
)
_CODEX_OTEL = (
    "Codex: an [otel] exporter in ~/.codex/config.toml sends log events "
    "with ttft_ms; give its file beside the rollouts"
)
_LATEST_GENAI = (
    "OpenTelemetry instrumentations: OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental, and streamed answers "
    "(gen_ai.response.time_to_first_chunk)"
)
_VLLM_ATTRIBUTES = (
    "vLLM states it itself: --otlp-traces-endpoint URL, "
    "and have the client send `traceparent` (gen_ai.latency.*)"
)
_TOOL_SPANS = "a span around each tool, of gen_ai.operation.name=execute_tool (openinference.span.kind=TOOL)"
_USAGE = "record the model's usage: gen_ai.usage.input_tokens and gen_ai.usage.cache_read.input_tokens"
_STREAM = "stream the answers: only of streams is the first token noted"
_RECORD = "this is what was asked for; record a run of it, of the server or of the agent, and give that"
_CONVERT = "the program keeps none; trace it with an OpenTelemetry instrumentation, and give that instead or beside it"

_TELEMETRY = (
    Switch(Lack.FIRST_TOKEN, _LATEST_GENAI, frozenset({"genai", "openinference", "openllmetry", "vercel"})),
    Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
    Switch(Lack.QUEUE, _VLLM_ATTRIBUTES, frozenset({"vllm"})),
    Switch(Lack.QUEUE, _SERVER_VIEW),
    Switch(Lack.TOKENS, _USAGE),
    Switch(Lack.CACHE_READS, _USAGE),
    Switch(Lack.TOOLS, _TOOL_SPANS),
)
_NOTHING_STREAMED = (
    Switch(Lack.FIRST_TOKEN, _STREAM),
    Switch(Lack.QUEUE, _SERVER_VIEW),
    Switch(Lack.TOKENS, "have the usage of the model recorded with each generation"),
    Switch(
        Lack.CACHE_READS, "have the usage of the model recorded with each generation, its cached tokens too"
    ),
    Switch(Lack.TOOLS, "have tools traced as observations of their own"),
)
_TRANSCRIPT = (
    Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
    Switch(Lack.QUEUE, _SERVER_VIEW),
    Switch(Lack.TOKENS, _CONVERT),
    Switch(Lack.CACHE_READS, _CONVERT),
    Switch(Lack.TOOLS, _CONVERT),
)
_WORKLOAD = (Switch(Lack.TIMES, _RECORD),)

SWITCHES: Mapping[str, Sequence[Switch]] = {
    "dynamo": (
        Switch(Lack.FIRST_TOKEN, "stream the answers; Dynamo states ttft_ms of streams alone"),
        Switch(Lack.QUEUE, "Dynamo 1.3 and later state prefill_wait_time_ms with DYN_REQUEST_TRACE=1"),
        Switch(
            Lack.TOOLS,
            "DYN_REQUEST_TRACE_TOOL_EVENTS_ZMQ_ENDPOINT=tcp://HOST:PORT takes tool events of the harness; without "
            "them tools are inferred from gaps",
        ),
        Switch(
            Lack.CACHE_READS, "route by cache: --router-mode kv, and engines that publish their KV events"
        ),
        Switch(
            Lack.TOKENS, "DYN_REQUEST_TRACE=1 with DYN_REQUEST_TRACE_SINKS=file, not the older agent trace"
        ),
    ),
    "claude-code": (
        Switch(Lack.FIRST_TOKEN, _CLAUDE_SPANS),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(
            Lack.CACHE_READS, "the gateway in between drops `usage`: have it pass cache_read_input_tokens on"
        ),
        Switch(Lack.TOKENS, "the gateway in between drops `usage`: have it pass that on"),
    ),
    "codex": (
        Switch(Lack.FIRST_TOKEN, _CODEX_OTEL),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.TOKENS, _CODEX_OTEL),
        Switch(Lack.CACHE_READS, _CODEX_OTEL),
    ),
    "codex-otel": (
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.FIRST_TOKEN, "a version of Codex with ttft_ms in sse_event"),
    ),
    "gemini-cli": (
        Switch(
            Lack.FIRST_TOKEN,
            'Gemini CLI: "telemetry": {"enabled": true, "target": "local", "outfile": FILE} in ~/.gemini/settings.json '
            "states durations of requests and tools; " + _SERVER_VIEW,
        ),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(
            Lack.TOOLS,
            'Gemini CLI: "telemetry": {"enabled": true, "outfile": FILE} in ~/.gemini/settings.json',
        ),
    ),
    **dict.fromkeys(("otlp", "jaeger", "zipkin", "tempo", "otel-console", "phoenix", "logfire"), _TELEMETRY),
    **dict.fromkeys(("langfuse", "langsmith"), _NOTHING_STREAMED),
    "openai-agents": (
        Switch(Lack.FIRST_TOKEN, _LATEST_GENAI),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.TOKENS, "set include_usage in the model's settings, so that streams state it too"),
        Switch(Lack.CACHE_READS, "set include_usage in the model's settings, so that streams state it too"),
        Switch(Lack.TOOLS, "leave tracing of tools on: function_span of every function tool"),
    ),
    "nat": (
        Switch(Lack.FIRST_TOKEN, "NeMo Agent Toolkit notes LLM_NEW_TOKEN of streamed answers: stream them"),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.CACHE_READS, "a model client that states cached_tokens in its usage"),
        Switch(
            Lack.TOOLS, "register tools with the toolkit: it notes TOOL_START and TOOL_END of those alone"
        ),
    ),
    "atof": (
        Switch(Lack.FIRST_TOKEN, "NeMo Relay: mark the chunks of streams"),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.TOKENS, "have answers carry their usage"),
        Switch(Lack.CACHE_READS, "have answers carry their usage, its cached tokens too"),
        Switch(Lack.TOOLS, "open a scope of category `tool` around each tool"),
    ),
    "atif": (
        Switch(
            Lack.TIMES,
            "a writer that stamps its steps, or keeps extra.invocation (NeMo Agent Toolkit, NeMo Relay)",
        ),
        Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(Lack.CACHE_READS, "a writer that keeps metrics.cached_tokens"),
        Switch(Lack.TOKENS, "a writer that keeps metrics of every step"),
        Switch(Lack.TOOLS, "a writer that keeps extra.invocation of tool calls"),
    ),
    "aiperf": (
        Switch(Lack.FIRST_TOKEN, "aiperf profile --streaming"),
        Switch(Lack.QUEUE, _SERVER_VIEW),
        Switch(
            Lack.TOOLS, "AIPerf plays requests alone; what waits between them is the think time of its input"
        ),
        Switch(Lack.CACHE_READS, _SERVER_VIEW),
    ),
    "opencode": (Switch(Lack.FIRST_TOKEN, _SERVER_VIEW), Switch(Lack.QUEUE, _SERVER_VIEW)),
    "openhands": (
        Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
        Switch(Lack.TOKENS, "a version that keeps token_usages in llm_metrics"),
        Switch(Lack.CACHE_READS, "a version that keeps token_usages in llm_metrics"),
    ),
    "swe-agent": (
        Switch(
            Lack.TIMES,
            "SWE-agent keeps no clock: trace its server beside it, Dynamo with DYN_REQUEST_TRACE=1",
        ),
        Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
        Switch(Lack.TOKENS, _SERVER_VIEW),
        Switch(Lack.CACHE_READS, _SERVER_VIEW),
    ),
    "mini-swe-agent": (
        Switch(Lack.TIMES, "mini-swe-agent 2 stamps its messages; earlier ones do not"),
        Switch(Lack.FIRST_TOKEN, _SERVER_VIEW),
        Switch(Lack.CACHE_READS, _SERVER_VIEW),
    ),
    **dict.fromkeys(("cline", "pi", "gptme"), _TRANSCRIPT),
    "weka": (
        Switch(Lack.FIRST_TOKEN, "a writer that keeps ttft of every request"),
        Switch(Lack.QUEUE, _SERVER_VIEW),
    ),
    **dict.fromkeys(("mooncake", "agentic-mooncake", "applied-compute"), _WORKLOAD),
    "spans-jsonl": (
        Switch(Lack.FIRST_TOKEN, "have the converter write first_token of every request"),
        Switch(Lack.QUEUE, "have the converter write queue_ns of every request"),
        Switch(Lack.TOKENS, "have the converter write input_tokens and output_tokens"),
        Switch(Lack.CACHE_READS, "have the converter write cache_read_tokens"),
        Switch(Lack.TOOLS, "have the converter write a span of kind `tool` for each call"),
    ),
    "dataset": (),
}
"""By format id; formats of other packages have none."""

_OTLP = (
    "resourceSpans.*.resource.attributes",
    "resourceLogs.*.resource.attributes",
    "batches.*.resource.attributes",
)

VERSIONS: Mapping[str, tuple[str, Sequence[str]]] = {
    "claude-code": ("Claude Code", ("version",)),
    "codex": ("Codex", ("payload.cli_version",)),
    "opencode": ("opencode", ("info.version", "version")),
    "pi": ("pi session format", ("version",)),
    "atif": ("ATIF", ("schema_version",)),
    "atof": ("ATOF", ("atof_version",)),
    "mini-swe-agent": ("mini-swe-agent", ("info.mini_version",)),
    "agentic-mooncake": ("Agentic Mooncake", ("version",)),
    "dynamo": ("Dynamo record", ("event.schema", "schema")),
    "langfuse": ("Langfuse SDK", ("metadata.sdk_version", "trace.version")),
}
"""Where the head of a file says which version wrote it: what to call it, and the keys."""

RESOURCES: Mapping[str, Sequence[str]] = {"otlp": _OTLP, "tempo": _OTLP}
"""Where the attributes of what sent spans stand."""

PAIRS = (("service.name", "service.version"), ("telemetry.sdk.name", "telemetry.sdk.version"))
"""Attributes that name a program, and its version."""


def switches_for(format_id: str, lack: Lack, dialects: Sequence[str]) -> list[str]:
    """What helps, that of these dialects first; empty where nothing is known."""
    known = [one for one in SWITCHES.get(format_id, ()) if one.lack is lack]
    own = [one.how for one in known if one.dialects & set(dialects)]
    return own or [one.how for one in known if not one.dialects]
