"""Which request asked for which tool call, and which request was waiting for its result, by call id.

Ids only: of messages, which hold prompts and answers, nothing else is looked at or kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, Texts, equals, kept, known, taken
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import text
from agenttrace.ingest.telemetry.roles import Role
from agenttrace.ingest.telemetry.rows import Columns
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import texts
from agenttrace.model.vocabulary import LinkKind

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


class Calls:
    """Tool calls of a source, over all chunks."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._tools: list[pa.Table] = []
        self._asked: list[pa.Table] = []
        self._answered: list[pa.Table] = []

    def add(self, spans: Spans, classes: Classes, columns: Columns) -> None:
        """Notes the call ids of a chunk."""
        requests = classes.has_role(Role.REQUEST)
        keys = pa.table(
            {
                "session_key": columns["session_key"],
                "span": columns["span_key"],
                "start": pa.array(spans.start),
            }
        )
        ids = text(spans, names.CALL_ID, classes.has_role(Role.TOOL))
        if ids.null_count < len(ids):
            rows = np.flatnonzero(known(ids))
            self._tools.append(_calls(keys, rows, taken(ids, rows)))
        for name in (*names.OUTPUT_MESSAGES, names.EMITTED_CALL):
            self._asked += _found(spans, requests, keys, name, _ASKED)
        for name in (*names.INPUT_MESSAGES, names.CONSUMED_CALL):
            self._answered += _found(spans, requests, keys, name, _ANSWERED)

    def record(self, recorder: Recorder) -> None:
        """Links from request to tool, and from tool to the first request that has its result."""
        if not self._tools:
            return
        tools = pa.concat_tables(self._tools)
        if self._asked:
            asked = _one_of_call(self._asked, "descending")
            _link(recorder, asked, tools, ("span", "span_tool"), "tool call id of the answer")
        if self._answered:
            answered = _one_of_call(self._answered, "ascending")
            _link(recorder, answered, tools, ("span_tool", "span"), "tool call id of the prompt")


def _calls(keys: pa.Table, rows: Ints, ids: Texts) -> pa.Table:
    table: pa.Table = taken(keys, rows).append_column("call", ids).select(_COLUMNS)
    return table


def _found(spans: Spans, requests: Mask, keys: pa.Table, name: str, wanted: str) -> Iterator[pa.Table]:
    """The calls that one attribute tells of: an id, or messages that hold ids."""
    attribute = spans.attributes.get(name)
    if attribute is None:
        return
    here = requests[attribute.rows]
    rows, values = attribute.rows[here], kept(texts(attribute.values), here)
    if name not in (names.EMITTED_CALL, names.CONSUMED_CALL):
        documents = zip(rows.tolist(), values.to_pylist(), strict=True)
        pairs = [(row, call) for row, document in documents for call in call_ids(document, wanted)]
        rows = np.array([row for row, _ in pairs], np.int64)
        values = pa.array([call for _, call in pairs], pa.string())
    if len(rows):
        yield _calls(keys, rows, values)


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


def _one_of_call(parts: Sequence[pa.Table], order: Literal["ascending", "descending"]) -> pa.Table:
    """One span a call id: the last that asked (the innermost), or the first that had the answer."""
    ordered = pa.concat_tables(parts).sort_by(
        [("session_key", "ascending"), ("call", "ascending"), ("start", order), ("span", order)]
    )
    again = np.zeros(len(ordered), np.bool_)
    if len(ordered) > 1:
        again[1:] = True
        for name in ("session_key", "call"):
            column = ordered.column(name).combine_chunks()
            again[1:] &= equals(column[1:], column[:-1])
    one: pa.Table = kept(ordered, ~again)
    return one


def _link(recorder: Recorder, ends: pa.Table, tools: pa.Table, columns: tuple[str, str], rule: str) -> None:
    joined = ends.join(tools, keys=["session_key", "call"], join_type="inner", right_suffix="_tool")
    ordered = joined.sort_by([("span", "ascending"), ("span_tool", "ascending")])
    size = len(ordered)
    if size:
        recorder.extend_links(
            {
                "session_key": ordered.column("session_key"),
                "from_key": ordered.column(columns[0]),
                "to_key": ordered.column(columns[1]),
                "kind": [LinkKind.FEEDS.value] * size,
                "explicit": [True] * size,
                "rule": [rule] * size,
            }
        )
