"""Which request asked for which tool call, and which request was waiting for its result, by call id.

Ids only: of messages, which hold prompts and answers, nothing else is looked at or kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.ingest.formats.otlp import names
from agenttrace.ingest.formats.otlp.classify import Classes
from agenttrace.ingest.formats.otlp.concepts import text
from agenttrace.ingest.formats.otlp.roles import Role
from agenttrace.ingest.formats.otlp.spans import Spans
from agenttrace.ingest.formats.otlp.values import Ints, Mask, texts
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import LinkKind

_CALL_SCHEMA = pa.schema(
    [("session_key", pa.string()), ("call", pa.string()), ("span", pa.string()), ("start", pa.int64())]
)


class _Part(msgspec.Struct, rename="camel"):
    """A part of a message, or a tool call of the AI SDK."""

    type: str | None = None
    id: str | None = None
    tool_call_id: str | None = None


class _Message(msgspec.Struct):
    parts: list[_Part] | None = None
    type: str | None = None
    id: str | None = None
    toolCallId: str | None = None  # noqa: N815  # the AI SDK's name


_MESSAGES = msgspec.json.Decoder(list[_Message] | _Message, strict=False)
_ASKED = frozenset({"tool_call"})
_ANSWERED = frozenset({"tool_call_response"})


class Calls:
    """Tool calls of a source, over all chunks."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._tools: list[pa.Table] = []
        self._asked: list[pa.Table] = []
        self._answered: list[pa.Table] = []

    def add(self, spans: Spans, classes: Classes, columns: dict[str, Any]) -> None:
        """Notes the call ids of a chunk."""
        tools = classes.has_role(Role.TOOL)
        requests = classes.has_role(Role.REQUEST)
        keys = pa.table(
            {
                "session_key": columns["session_key"],
                "span": columns["span_key"],
                "start": pa.array(np.asarray(spans.start)),
            }
        )
        ids = text(spans, names.CALL_ID, tools)
        if ids.null_count < len(ids):
            self._tools.append(_calls(keys, np.flatnonzero(np.asarray(pc.is_valid(ids))), ids.drop_null()))
        self._asked += _found(spans, requests, keys, (*names.OUTPUT_MESSAGES, names.EMITTED_CALL), _ASKED)
        self._answered += _found(spans, requests, keys, (*names.INPUT_MESSAGES, names.CONSUMED_CALL), _ANSWERED)

    def record(self, recorder: Recorder) -> None:
        """Links from request to tool, and from tool to the first request that has its result."""
        if not self._tools:
            return
        tools = pa.concat_tables(self._tools)
        if self._asked:
            asked = _one_of_call(pa.concat_tables(self._asked), "descending")
            _link(recorder, asked, tools, "span", "span_tool", "tool call id of the answer")
        if self._answered:
            answered = _one_of_call(pa.concat_tables(self._answered), "ascending")
            _link(recorder, answered, tools, "span_tool", "span", "tool call id of the prompt")


def _calls(keys: pa.Table, rows: Ints, ids: Any) -> pa.Table:
    return keys.take(pa.array(rows)).append_column("call", ids).select(_CALL_SCHEMA.names).cast(_CALL_SCHEMA)


def _found(
    spans: Spans, requests: Mask, keys: pa.Table, attributes: Sequence[str], wanted: frozenset[str]
) -> Iterable[pa.Table]:
    for name in attributes:
        attribute = spans.attributes.get(name)
        if attribute is None:
            continue
        here = requests[attribute.rows]
        rows, values = attribute.rows[here], texts(attribute.values).filter(pa.array(here))
        if name not in (names.EMITTED_CALL, names.CONSUMED_CALL):
            pairs = [
                (row, call)
                for row, document in zip(rows.tolist(), values.to_pylist(), strict=True)
                for call in call_ids(document, wanted)
            ]
            rows = np.array([row for row, _ in pairs], np.int64)
            values = pa.array([call for _, call in pairs], pa.string())
        if len(rows):
            yield _calls(keys, rows, values)


def call_ids(document: str | None, wanted: frozenset[str]) -> list[str]:
    """The ids of the tool calls (or of their results) in messages as JSON; [] if it is something else."""
    if document is None:
        return []
    try:
        read = _MESSAGES.decode(document)
    except (msgspec.DecodeError, RecursionError):
        return []
    messages = read if isinstance(read, list) else [read]
    found = [part.id or part.tool_call_id for message in messages for part in message.parts or () if part.type in wanted]
    found += [message.id for message in messages if message.type in wanted]
    found += [message.toolCallId for message in messages if message.toolCallId and wanted == _ASKED]
    return [call for call in found if call]


def _one_of_call(calls: pa.Table, order: str) -> pa.Table:
    """One span a call id: the last that asked (the innermost), or the first that had the answer."""
    ordered = calls.sort_by([("session_key", "ascending"), ("call", "ascending"), ("start", order), ("span", order)])
    first = np.ones(len(ordered), np.bool_)
    for name in ("session_key", "call"):
        column = ordered.column(name).combine_chunks()
        same = np.asarray(pc.equal(column[1:], column[:-1])) if len(column) > 1 else np.zeros(0, np.bool_)
        first[1:] = first[1:] & same if name == "session_key" else ~(first[1:] & same)
    return ordered.filter(pa.array(first))


def _link(
    recorder: Recorder, ends: pa.Table, tools: pa.Table, source: str, target: str, rule: str
) -> None:
    joined = ends.join(
        tools, keys=["session_key", "call"], join_type="inner", right_suffix="_tool"
    ).sort_by([("span", "ascending"), ("span_tool", "ascending")])
    if not len(joined):
        return
    size = len(joined)
    recorder.extend_links(
        {
            "session_key": joined.column("session_key"),
            "from_key": joined.column(source),
            "to_key": joined.column(target),
            "kind": [LinkKind.FEEDS.value] * size,
            "explicit": [True] * size,
            "rule": [rule] * size,
        }
    )
