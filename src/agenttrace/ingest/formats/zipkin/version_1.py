"""A span of Zipkin's version 1 as spans of version 2.

Version 1 says what happened when in annotations of two letters: cs and cr are a client that sends and
receives, sr and ss a server, ms and mr a message sent and received. Both sides of a call may be one span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.zipkin.documents import Record

_SIDES = (
    ("CLIENT", ("cs", "cr")),
    ("SERVER", ("sr", "ss")),
    ("PRODUCER", ("ms", "ws")),
    ("CONSUMER", ("wr", "mr")),
)
_SERVER = 1


def as_version_2(span: Record) -> Iterator[Record]:
    """One span for each side of it; one without a side if no annotation names any."""
    annotations = _objects(span, "annotations")
    pairs = _objects(span, "binaryAnnotations")
    shared = {key: value for key, value in span.items() if key in ("traceId", "id", "parentId", "name")}
    shared["tags"] = _tags(pairs)
    shared["annotations"] = [each for each in annotations if len(str(each.get("value"))) > 2]
    sides = [(kind, _ends(annotations, words)) for kind, words in _SIDES]
    found = [(kind, ends) for kind, ends in sides if ends]
    for number, (kind, ends) in enumerate(found):
        service = _service(ends)
        times = _times(ends) if number or "timestamp" not in span else _stated(span)
        of_server = {"shared": True} if number and kind == _SIDES[_SERVER][0] else {}
        yield shared | times | of_server | {"kind": kind, "localEndpoint": {"serviceName": service}}
    if not found:
        service = _service([*(pair for pair in pairs if pair.get("key") == "lc"), *annotations, *pairs])
        yield shared | _stated(span) | {"localEndpoint": {"serviceName": service}}


def _objects(span: Record, key: str) -> list[Record]:
    found = span.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _ends(annotations: Sequence[Record], words: tuple[str, str]) -> list[Record]:
    """The annotations of one side, the first that begins it first."""
    return [each for word in words for each in annotations if each.get("value") == word]


def _times(ends: Sequence[Record]) -> Record:
    """From the first annotation to the last; an only one tells no duration."""
    instants = [at for each in ends if (at := fields.count(each.get("timestamp"))) is not None]
    if not instants:
        return {}
    begin, end = min(instants), max(instants)
    return {"timestamp": begin} | ({"duration": end - begin} if len(instants) > 1 else {})


def _stated(span: Record) -> Record:
    return {key: span[key] for key in ("timestamp", "duration") if key in span}


def _tags(pairs: Sequence[Record]) -> dict[str, Any]:
    """Binary annotations that say something; true for an address says nothing of the span."""
    return {
        key: pair.get("value")
        for pair in pairs
        if isinstance(key := pair.get("key"), str) and isinstance(pair.get("value"), str)
    }


def _service(holders: Sequence[Record]) -> str:
    endpoints = (holder.get("endpoint") for holder in holders)
    names = (endpoint.get("serviceName") for endpoint in endpoints if isinstance(endpoint, dict))
    return next((name for name in names if isinstance(name, str)), "")
