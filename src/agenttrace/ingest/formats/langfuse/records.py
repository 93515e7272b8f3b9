"""Which records Langfuse writes, and how each is told from another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any

from agenttrace.ingest.json_text import parsed

WRAPPERS = ("data", "batch")
"""Lists that an API's page and an ingestion request hold their records in."""

TYPES = frozenset(
    {
        "GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING",
        "GUARDRAIL",
    }
)  # fmt: skip
_FIRST = 8
EVENT_ENDS = ("-create", "-update")
_COLUMNS = ("id", "traceId", "type", "startTime")
"""Of the table of observations that the page of a project exports, among others."""
_SAID = ("input", "output", "toolCalls", "tool_calls")


def field(record: Mapping[str, Any], name: str) -> Any:
    """A field by its name in the API; database exports write it in snake case."""
    value = record.get(name)
    return record.get(_snake(name)) if value is None else value


@cache
def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def is_observation(record: Mapping[str, Any]) -> bool:
    """An observation; some exports leave out what is null."""
    kind = record.get("type")
    timed = field(record, "startTime") is not None
    return timed and isinstance(kind, str) and kind in TYPES and "body" not in record


def is_event(record: Mapping[str, Any]) -> bool:
    """An event of the ingestion API."""
    kind = record.get("type")
    return isinstance(record.get("body"), dict) and isinstance(kind, str) and kind.endswith(EVENT_ENDS)


def is_bundle(record: Mapping[str, Any]) -> bool:
    """A trace and its observations side by side, as the page of a trace exports them."""
    trace, inner = record.get("trace"), record.get("observations")
    if isinstance(trace, dict) and is_trace(trace):
        return True
    return isinstance(inner, list) and any(isinstance(each, dict) and is_observation(each) for each in inner)


def is_trace(record: Mapping[str, Any]) -> bool:
    """A trace, with its observations, with their ids, or without."""
    if not isinstance(record.get("id"), str) or record.get("timestamp") is None or "type" in record:
        return False
    own = sum(field(record, name) is not None for name in ("projectId", "htmlPath", "environment"))
    return own >= 2 or (own == 1 and ("observations" in record or "sessionId" in record))


def is_table(columns: Collection[str]) -> bool:
    """Whether a table with these columns is one of observations."""
    return all(name in columns or _snake(name) in columns for name in _COLUMNS)


def unpacked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of such a table: what was said is JSON in a text."""
    told = {name: parsed(row[name].encode(errors="replace")) for name in _SAID if row.get(name)}
    return {**row, **{name: value for name, value in told.items() if value is not None}}


def is_langfuse(records: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a source that begins with these records is of this format."""
    asks = (is_observation, is_event, is_bundle, is_trace)
    first = islice(filter(None, records), _FIRST)
    return any(_is_certain(record) for record in first if any(ask(record) for ask in asks))


def _is_certain(record: Mapping[str, Any]) -> bool:
    """An observation names its trace; what else looks like one is of another program."""
    if not is_observation(record):
        return True
    return field(record, "traceId") is not None
