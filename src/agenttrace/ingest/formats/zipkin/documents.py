"""The containers of Zipkin JSON: a list of spans, a list of traces that are such lists, or lines of either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]

_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}|[0-9a-f]{32}", re.IGNORECASE)
_OWN_KEYS = frozenset(
    {"localEndpoint", "remoteEndpoint", "annotations", "binaryAnnotations", "timestamp", "shared", "tags"}
)
_FOREIGN_KEYS = frozenset({"spanId", "spanID", "span_id", "startTime", "type"})


def is_zipkin(value: Any) -> bool:
    """Whether a JSON value, perhaps cut off, holds a span of Zipkin's."""
    return any(_is_span(span) for span in spans_in(value))


def spans_in(value: Any) -> Iterator[Any]:
    """What stands where spans do."""
    for each in value if isinstance(value, list) else [value]:
        yield from each if isinstance(each, list) else [each]


def _is_span(span: Any) -> bool:
    if not isinstance(span, dict) or not span.keys() & _OWN_KEYS or span.keys() & _FOREIGN_KEYS:
        return False
    ids = (span.get("traceId"), span.get("id"))
    return all(isinstance(id_, str) and _HEXADECIMAL.fullmatch(id_) is not None for id_ in ids)


def is_version_1(span: Record) -> bool:
    """Whether endpoints stand at annotations: version 2 has them at the span."""
    if "binaryAnnotations" in span:
        return True
    annotations = span.get("annotations")
    return isinstance(annotations, list) and any(
        isinstance(annotation, dict) and "endpoint" in annotation for annotation in annotations
    )
