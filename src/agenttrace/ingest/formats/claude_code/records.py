"""A transcript's record, shallow: only the fields that time, tokens and dependencies need."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

Number = int | float | None
NOTHING = Raw()


class Usage(Struct, gc=False):
    """Tokens of a request, as far as they were known when the line was written."""

    input_tokens: Number = None
    cache_creation_input_tokens: Number = None
    cache_read_input_tokens: Number = None
    output_tokens: Number = None


class Block(Struct, gc=False):
    """A block of content: a text, a tool call, a tool's result."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = NOTHING
    text: Raw = NOTHING
    tool_use_id: str | None = None
    is_error: bool | None = None


class Diagnostics(Struct, gc=False):
    """What the server says of the request."""

    cache_miss_reason: Raw = NOTHING


class Message(Struct, gc=False):
    """What was said by the model, or to it."""

    id: str | None = None
    model: str | None = None
    content: str | list[Block] | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    diagnostics: Diagnostics | None = None


class Outcome(Struct, gc=False):
    """What the program keeps of a tool's result; any tool may put anything under these names."""

    status: Raw = NOTHING
    agentId: Raw = NOTHING
    agentType: Raw = NOTHING
    durationMs: Raw = NOTHING
    durationSeconds: Raw = NOTHING
    totalDurationMs: Raw = NOTHING
    backgroundTaskId: Raw = NOTHING
    taskId: Raw = NOTHING
    runId: Raw = NOTHING
    task: Raw = NOTHING


class Copy(Struct, gc=False):
    """A subagent's record, copied into the transcript of its parent."""

    type: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    requestId: str | None = None
    message: Message | None = None
    toolUseResult: Outcome | str | list[Raw] | None = None


class Progress(Struct, gc=False):
    """News of something that runs."""

    type: str | None = None
    hookEvent: str | None = None
    elapsedTimeSeconds: Number = None
    agentId: str | None = None
    message: Copy | str | None = None


class Attachment(Struct, gc=False):
    """What the program added to the conversation."""

    type: str | None = None
    hookEvent: str | None = None
    toolUseID: str | None = None
    durationMs: Number = None
    prompt: Raw = NOTHING


class Compacted(Struct, gc=False):
    """What is said of a compaction."""

    trigger: str | None = None
    preTokens: Number = None
    postTokens: Number = None
    durationMs: Number = None


class HookRun(Struct, gc=False):
    """One hook that ran when the agent stopped."""

    durationMs: Number = None


class Record(Struct, gc=False):
    """One record. A field that is missing, and one of another type than declared, is None."""

    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    parentUuid: str | None = None
    logicalParentUuid: str | None = None
    timestamp: str | None = None
    sessionId: str | None = None
    version: str | None = None
    agentId: str | None = None
    isSidechain: bool | None = None
    isMeta: bool | None = None
    isCompactSummary: bool | None = None
    requestId: str | None = None
    message: Message | None = None
    toolUseResult: Outcome | str | list[Raw] | None = None
    origin: Raw = NOTHING
    promptSource: str | None = None
    data: Progress | None = None
    attachment: Attachment | None = None
    toolUseID: str | None = None
    parentToolUseID: str | None = None
    durationMs: Number = None
    hookInfos: list[HookRun] | None = None
    error: Raw = NOTHING
    retryAttempt: Number = None
    retryInMs: Number = None
    compactMetadata: Compacted | None = None
    operation: str | None = None
    content: Raw = NOTHING


DECODER = msgspec.json.Decoder(Record)


def value_of(raw: Raw) -> Any:
    """What stands in a field that is rarely looked at; None where it is missing or unreadable."""
    if raw is NOTHING:
        return None
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None


def text_of(raw: Raw) -> str | None:
    """The text in such a field."""
    value = value_of(raw)
    return value if isinstance(value, str) else None
