"""A message of a chat: who said it, when it was recorded, what it cost, which tools it called.

A message's time is that of its recording: of a user's, when it is sent; of the model's, when its answer
is complete. An answer that is nothing but calls was recorded, by versions up to early 2026, only when its
calls were done. A call's own time is when all calls of its answer were done; most ids of calls hold the
millisecond at which the call was read from the stream. (chatRecordingService.ts, turn.ts)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.record_fields import FieldReader, mapped
from agenttrace.model.vocabulary import Severity

SNAPSHOT = "<state_snapshot>"
_STAMP = re.compile(r"[-_](1\d{12})[-_]")
_COUNTS = ("input", "output", "cached", "thoughts", "tool")


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the model's API counts them: `given` holds `cached`; `thoughts` are no part of `output`."""

    given: int | None
    cached: int | None
    output: int | None
    thoughts: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. `emitted_ns`: when it was read from the stream, as its id has it."""

    id: str | None
    name: str | None
    status: str | None
    done_ns: int | None
    emitted_ns: int | None
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in the last form that the file has of it."""

    line: int
    id: str
    t_ns: int | None
    speaker: str
    said: str
    carries_results: bool
    model: str | None
    thoughts_ns: tuple[int, ...]
    thought: bool
    tokens: Tokens | None
    calls: tuple[Call, ...]


def read_message(reader: FieldReader, record: Mapping[str, Any], line: int) -> Message:
    """The message in a record that has an id."""
    take = partial(reader.take, record, line=line)
    thoughts = reader.objects(record, "thoughts", line)
    instants = (reader.take(thought, "timestamp", fields.instant_from_iso, line) for thought in thoughts)
    said, carries_results = _content(record.get("content"))
    return Message(
        line=line,
        id=str(record["id"]),
        t_ns=take("timestamp", fields.instant_from_iso),
        speaker=take("type", fields.text) or "none",
        said=said,
        carries_results=carries_results,
        model=take("model", fields.text),
        thoughts_ns=tuple(sorted(t_ns for t_ns in instants if t_ns is not None)),
        thought=bool(thoughts),
        tokens=_tokens(reader, record, line),
        calls=tuple(_call(reader, call, line) for call in reader.objects(record, "toolCalls", line)),
    )


def _content(content: Any) -> tuple[str, bool]:
    """What is said, and whether it is the results of tools."""
    if isinstance(content, str):
        return content, False
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    texts = (part.get("text") for part in parts)
    said = "".join(text for text in texts if isinstance(text, str))
    return said, any("functionResponse" in part for part in parts)


def _tokens(reader: FieldReader, record: Mapping[str, Any], line: int) -> Tokens | None:
    """None where there are none: an answer of no tokens at all is one that was not counted."""
    stated = reader.take(record, "tokens", mapped, line) or {}
    counts = {name: reader.take(stated, name, fields.count, line) for name in _COUNTS}
    if not any(counts.values()):
        return None
    given, cached = counts["input"], counts["cached"]
    if given is not None:
        given += counts["tool"] or 0
    if cached is not None and (given is None or cached > given):
        what = "more cached tokens than the prompt has: taken as not stated"
        reader.recorder.finding("tokens_disagree", Severity.WARNING, what, line=line)
        cached = None
    return Tokens(given, cached, counts["output"], counts["thoughts"])


def _call(reader: FieldReader, record: Mapping[str, Any], line: int) -> Call:
    take = partial(reader.take, record, line=line)
    call_id = take("id", fields.text)
    stamp = _STAMP.search(call_id) if call_id else None
    return Call(
        id=call_id,
        name=take("name", fields.text),
        status=take("status", fields.text),
        done_ns=take("timestamp", fields.instant_from_iso),
        emitted_ns=fields.instant_from_ms(stamp[1]) if stamp else None,
        agent_id=take("agentId", fields.text),
    )
