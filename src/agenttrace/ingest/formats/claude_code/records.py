"""A transcript's record, shallow: only the fields that time, tokens and dependencies need."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct, field

Number = int | float | None
NOTHING = Raw()


class Usage(Struct, gc=False):
    """Tokens of a request, as far as they were known when the line was written. Read in this order."""

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


class Outcome(Struct, gc=False, rename="camel"):
    """What the program keeps of a tool's result; any tool may put anything under these names."""

    status: Raw = NOTHING
    agent_id: Raw = NOTHING
    agent_type: Raw = NOTHING
    duration_ms: Raw = NOTHING
    duration_seconds: Raw = NOTHING
    total_duration_ms: Raw = NOTHING
    background_task_id: Raw = NOTHING
    task_id: Raw = NOTHING
    run_id: Raw = NOTHING
    task: Raw = NOTHING


class Copy(Struct, gc=False, rename="camel"):
    """A subagent's record, copied into the transcript of its parent."""

    type: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    request_id: str | None = None
    message: Message | None = None
    tool_use_result: Outcome | str | list[Raw] | None = None


class Progress(Struct, gc=False, rename="camel"):
    """News of something that runs."""

    type: str | None = None
    hook_event: str | None = None
    elapsed_time_seconds: Number = None
    agent_id: str | None = None
    message: Copy | str | None = None


class Attachment(Struct, gc=False, rename="camel"):
    """What the program added to the conversation."""

    type: str | None = None
    hook_event: str | None = None
    tool_use_id: str | None = field(default=None, name="toolUseID")
    duration_ms: Number = None
    prompt: Raw = NOTHING


class Compacted(Struct, gc=False, rename="camel"):
    """What is said of a compaction."""

    trigger: str | None = None
    pre_tokens: Number = None
    post_tokens: Number = None
    duration_ms: Number = None


class HookRun(Struct, gc=False, rename="camel"):
    """One hook that ran when the agent stopped."""

    duration_ms: Number = None


class Record(Struct, gc=False, rename="camel"):
    """One record. A field that is missing, and one of another type than declared, is None."""

    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    parent_uuid: str | None = None
    logical_parent_uuid: str | None = None
    timestamp: str | None = None
    session_id: str | None = None
    version: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    request_id: str | None = None
    message: Message | None = None
    tool_use_result: Outcome | str | list[Raw] | None = None
    origin: Raw = NOTHING
    prompt_source: str | None = None
    data: Progress | None = None
    attachment: Attachment | None = None
    tool_use_id: str | None = field(default=None, name="toolUseID")
    parent_tool_use_id: str | None = field(default=None, name="parentToolUseID")
    duration_ms: Number = None
    hook_infos: list[HookRun] | None = None
    error: Raw = NOTHING
    retry_attempt: Number = None
    retry_in_ms: Number = None
    retracted_message_uuids: Raw = NOTHING
    compact_metadata: Compacted | None = None
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
