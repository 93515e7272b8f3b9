"""Which request asked for which tool call, and which request was waiting for its result, by call id.

Ids only: of messages, which hold prompts and answers, nothing else is looked at or kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Mask
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.roles import Role
from agenttrace.ingest.telemetry.rows import Columns
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import texts
from agenttrace.ingest.text_columns import taken

_COLUMNS = ["session_key", "call", "span", "start"]


class _Part(msgspec.Struct, rename="camel"):
    """A part of a message; or a message, or a tool call of the AI SDK, which have some of the same fields."""

    type: str | None = None
    id: str | None = None
    tool_call_id: str | None = None
    parts: list[_Part] | None = None


_MESSAGES = msgspec.json.Decoder(list[_Part] | _Part, strict=False)
_ASKED = "tool_call"
_ANSWERED = "tool_call_response"


def record_calls(spans: Spans, classes: Classes, columns: Columns, recorder: Recorder) -> None:
    """Records the call ids in the answers and prompts of a chunk's requests."""
    requests = classes.has_role(Role.REQUEST)
    for name in (*names.OUTPUT_MESSAGES, names.EMITTED_CALL):
        _record(spans, requests, columns, recorder, name, asked=True)
    for name in (*names.INPUT_MESSAGES, names.CONSUMED_CALL):
        _record(spans, requests, columns, recorder, name, asked=False)


def _record(
    spans: Spans, requests: Mask, columns: Columns, recorder: Recorder, name: str, *, asked: bool
) -> None:
    """The calls that one attribute tells of: an id, or messages that hold ids."""
    attribute = spans.attributes.get(name)
    if attribute is None:
        return
    here = np.argsort(attribute.rows, kind="stable")
    here = here[requests[attribute.rows[here]]]
    rows, values = attribute.rows[here], taken(texts(attribute.values), here)
    if name not in (names.EMITTED_CALL, names.CONSUMED_CALL):
        documents = zip(rows.tolist(), values.to_pylist(), strict=True)
        wanted = _ASKED if asked else _ANSWERED
        pairs = [(row, call) for row, document in documents for call in call_ids(document, wanted)]
        rows = np.array([row for row, _ in pairs], np.int64)
        values = pa.array([call for _, call in pairs], pa.string())
    if len(rows):
        recorder.extend_calls(
            {
                "session_key": taken(columns["session_key"], rows),
                "span_key": taken(columns["span_key"], rows),
                "call_id": values,
                "asked": [asked] * len(rows),
            }
        )


def call_ids(document: str | None, wanted: str) -> list[str]:
    """The ids of the tool calls (or of their results) in messages as JSON; [] if it is something else."""
    if document is None:
        return []
    try:
        read = _MESSAGES.decode(document)
    except (msgspec.DecodeError, RecursionError):
        return []
    messages: Sequence[_Part] = read if isinstance(read, list) else [read]
    parts = [part for message in messages for part in (message, *(message.parts or ()))]
    found = [part.id or part.tool_call_id for part in parts if part.type == wanted]
    if wanted == _ASKED:
        found += [part.tool_call_id for part in parts if part.type != wanted]
    return [call for call in found if call]
