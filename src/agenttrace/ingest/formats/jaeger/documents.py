"""The containers of Jaeger JSON, told by their keys, and the traces in them.

A trace is an object with `spans` and `processes`. It comes alone, in a list, or as `data` of an answer of
the query service (a list, or one trace as the user interface keeps it). Jaeger's stores and its anonymizer
write spans by themselves, their process inside them. Version 3 of the query service answers with OTLP:
`{"result": {"resourceSpans": [...]}}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]

_SPAN_KEYS = ("spanID", "operationName", "startTime")


def is_jaeger(value: Any) -> bool:
    """Whether a JSON value, perhaps cut off, is one of those containers and holds a span, or room for one."""
    return any(_is_trace(trace) for trace in traces(value)) or bool(otlp_documents(value))


def traces(value: Any) -> Iterator[Record]:
    """The objects that may be traces, and the spans that stand by themselves as one."""
    data = value.get("data") if isinstance(value, dict) else None
    held = value if data is None else data
    bare = []
    for each in held if isinstance(held, list) else [held]:
        if isinstance(each, dict) and isinstance(each.get("spans"), list):
            yield each
        elif _is_span(each):
            bare.append(each)
    if bare:
        yield {"spans": bare}


def otlp_documents(value: Any) -> list[Record]:
    """The OTLP documents of an answer of version 3."""
    result = value.get("result") if isinstance(value, dict) else None
    is_document = isinstance(result, dict) and isinstance(result.get("resourceSpans"), list)
    return [result] if isinstance(result, dict) and is_document else []


def _is_trace(trace: Record) -> bool:
    return any(map(_is_span, trace["spans"]))


def _is_span(value: Any) -> bool:
    return isinstance(value, dict) and all(key in value for key in _SPAN_KEYS)
