"""Answers of opencode 2 as requests: a message for each step, with what it said, thought and called.

`created` is just before the request is sent (early versions: with the first that came of it), `streamed` when the
answer was complete, `completed` when its tools had returned, too. Versions before the end of July 2026 have no
`streamed`. An attempt that fails leaves nothing but the message of the next one. (session/runner/step.ts)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.calls import Call, is_taken_over, read_calls, write_call
from agenttrace.ingest.formats.opencode.place import Place
from agenttrace.ingest.formats.opencode.usage import read_tokens
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind, Status, TokenQuality

Message = Mapping[str, Any]


def write_answer(place: Place, message: Message, line: int) -> int | None:
    """The request of one message, and its tools. When the last of them ended, as far as it is known."""
    reader, key = place.reader, str(message["id"])
    times, content = reader.inner(message, "time", line), reader.objects(message, "content", line)
    calls = read_calls(place, key, content, line)
    start_ns = reader.take(times, "created", fields.instant_from_ms, line)
    end_ns, end_evidence = _end(place, times, content, calls, line)
    if start_ns is not None and end_ns is not None and end_ns < start_ns:
        start_ns = end_ns
    first_ns = _first_token(content, start_ns, end_ns)
    agent = reader.take(message, "agent", fields.text, line)
    if agent is not None:
        keys = {"session_key": place.keys["session_key"], "agent_key": place.session_id}
        reader.recorder.agent(**keys, name=agent)
    reader.recorder.span(
        **place.keys,
        **_outcome(place, message, times, line),
        **token_columns(reader.inner(message, "tokens", line)),
        span_key=key,
        line=line,
        kind=SpanKind.REQUEST,
        purpose=Purpose.TURN,
        model=reader.take(reader.inner(message, "model", line), "id", fields.text, line),
        start_ns=start_ns,
        end_ns=end_ns,
        start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
        end_evidence=end_evidence,
        first_token_ns=first_ns,
        first_token_evidence=None if first_ns is None else Evidence.MEASURED,
    )
    for call in calls:
        write_call(place, key, call, (start_ns, end_ns), line)
    ends = [t_ns for t_ns in (end_ns, *(call.completed_ns for call in calls)) if t_ns is not None]
    return max(ends, default=None)


def token_columns(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a request used. What was thought stands beside what was said."""
    tokens = read_tokens(stated, reasoning_beside=True)
    return {
        "input_tokens": tokens.given,
        "cache_read_tokens": tokens.read,
        "cache_write_tokens": tokens.written,
        "output_tokens": tokens.output,
        "reasoning_tokens": tokens.reasoning,
        "output_quality": TokenQuality.FINAL if tokens.output is not None else None,
    }


def _end(
    place: Place, times: Message, content: Sequence[Message], calls: Sequence[Call], line: int
) -> tuple[int | None, Evidence]:
    """Where no end is told: not before its last sign where it called tools, else not after the step's end."""
    take = place.reader.take
    streamed_ns = take(times, "streamed", fields.instant_from_ms, line)
    if streamed_ns is not None:
        return streamed_ns, Evidence.MEASURED
    completed_ns = take(times, "completed", fields.instant_from_ms, line)
    if calls or completed_ns is None:
        signs = [t_ns for part in content for t_ns in _thought(part)]
        signs += [t_ns for call in calls for t_ns in (call.created_ns, call.ran_ns) if t_ns is not None]
        completed_ns = max(signs, default=None)
    return completed_ns, Evidence.UNKNOWN if completed_ns is None else Evidence.BOUNDED


def _thought(part: Message) -> list[int]:
    """The instants of a reasoning; a text has none."""
    times = part.get("time")
    if part.get("type") != "reasoning" or not isinstance(times, dict):
        return []
    stated = (fields.instant_from_ms(times.get(name)) for name in ("created", "completed"))
    return [t_ns for t_ns in stated if t_ns is not None]


def _first_token(content: Sequence[Message], start_ns: int | None, end_ns: int | None) -> int | None:
    """Where the answer begins with what it thinks or calls."""
    first = content[0] if content else {}
    kind = first.get("type")
    told = kind == "reasoning" or (kind == "tool" and not is_taken_over(first))
    times = first.get("time") if told else None
    first_ns = fields.instant_from_ms(times.get("created")) if isinstance(times, dict) else None
    if first_ns is None or start_ns is None or end_ns is None or not start_ns < first_ns <= end_ns:
        return None
    return first_ns


def _outcome(place: Place, message: Message, times: Message, line: int) -> dict[str, Any]:
    error = place.reader.inner(message, "error", line)
    if error:
        kind = fields.text(error.get("type"))
        return {"status": Status.CANCELLED if kind == "aborted" else Status.ERROR, "error": kind}
    ended = "completed" in times or "streamed" in times
    return {"status": Status.OK if ended else Status.UNFINISHED}
