"""Log records that agent programs write about their work: the events of each, and the names in them, as data.

Their numbers are often text. An event is written when something ends, so it began `duration` before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from agenttrace.ingest.telemetry.roles import Dialect
from agenttrace.model.vocabulary import SpanKind

DYNAMO_SCOPE = "dynamo.request_trace"
DYNAMO_RECORD = "payload"
"""The attribute that holds the JSON text of a record of the request trace."""
COMPLETED = "response.completed"
COMMUNICATION = "codex.agent_communication"
"""An event between two conversations; it names both, and belongs to neither."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A log record of an agent program, with its session."""

    t_ns: int
    line: int
    name: str
    dialect: Dialect
    session: str
    attributes: Mapping[str, Any]


DIALECTS = MappingProxyType(
    {
        "claude_code": Dialect.CLAUDE_CODE,
        "codex": Dialect.CODEX,
        "gemini_cli": Dialect.GEMINI_CLI,
    }
)
"""What the name of an event begins with, up to the first dot."""

SCOPES = MappingProxyType({"com.anthropic.claude_code": "claude_code"})
"""Scopes whose event names leave the program out."""

KINDS = MappingProxyType(
    {
        "claude_code.api_request": SpanKind.REQUEST,
        "claude_code.api_error": SpanKind.REQUEST,
        "claude_code.tool_result": SpanKind.TOOL,
        "claude_code.compaction": SpanKind.COMPACTION,
        "gemini_cli.api_response": SpanKind.REQUEST,
        "gemini_cli.api_error": SpanKind.REQUEST,
        "gemini_cli.tool_call": SpanKind.TOOL,
        "gemini_cli.chat_compression": SpanKind.COMPACTION,
        "gemini_cli.agent.finish": SpanKind.AGENT,
    }
)
PROMPTS = frozenset({"claude_code.user_prompt", "codex.user_prompt", "gemini_cli.user_prompt"})
SENT = frozenset({"codex.websocket_request", "codex.api_request"})
"""Events of Codex at which a request is on its way, whose end another event tells."""
FAILED = frozenset({"claude_code.api_error", "gemini_cli.api_error"})
BESIDE_SPANS = frozenset({"claude_code.compaction", "gemini_cli.chat_compression", "gemini_cli.user_prompt"})
"""Events that say something even where the same session has spans."""

SENDER, RECEIVER = "sender_thread_id", "receiver_thread_id"
SESSION = ("session.id", "conversation.id", "gen_ai.conversation.id")
PROMPT = ("prompt.id", "prompt_id")
DURATION = ("duration_ms", "duration")
TTFT = ("ttft_ms",)
MODEL = ("model",)
REQUEST_ID = ("request_id",)
CLIENT_REQUEST_ID = ("client_request_id",)
ATTEMPT = ("attempt",)
NAME = ("tool_name", "function_name", "agent_name")
CALL_ID = ("tool_use_id", "call_id")
LANE = ("agent_id",)
PARENT_LANE = ("parent_agent_id",)
QUERY_SOURCE = ("query_source",)
SUBAGENT_SOURCE = "agent:"
SUCCESS = ("success",)
ERROR = ("error.type", "error_type", "status_code")
INPUT = ("input_tokens", "input_token_count")
OUTPUT = ("output_tokens", "output_token_count")
CACHE_READ = ("cache_read_tokens", "cached_token_count", "cached_content_token_count")
CACHE_WRITE = ("cache_creation_tokens", "cache_write_token_count")
REASONING = ("reasoning_token_count", "thoughts_token_count")
BEFORE = ("pre_tokens", "tokens_before")
AFTER = ("post_tokens", "tokens_after")
TRIGGER = ("trigger",)


def first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of these attributes that is there."""
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def event_name(scope: str, named: str | None, body: str | None) -> str | None:
    """The full name of an event, `claude_code.api_request`; None if it is of no program that is known."""
    program = next((short for start, short in SCOPES.items() if scope.startswith(start)), None)
    for name in (body, named, f"{program}.{named}" if program and named else None):
        if name is not None and name.partition(".")[0] in DIALECTS:
            return name
    return None
