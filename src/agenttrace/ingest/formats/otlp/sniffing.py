"""Whether content is OTLP, told from its first 64 KiB, and how its messages are framed if it is protobuf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from agenttrace.ingest.formats.otlp.framing import (
    LARGEST_MESSAGE,
    LENGTH,
    ZSTD_MAGIC,
    Framing,
    fields,
    frame_length,
    unpacked,
)
from agenttrace.ingest.formats.otlp.signals import is_resource_data, signal_of
from agenttrace.ingest.head import Head

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')
_SIGNALS = ("resourceSpans", "resourceLogs", "resourceMetrics")
_BARE = ("scopeSpans", "scopeLogs", "instrumentationLibrarySpans")
_KEYS = frozenset({*_SIGNALS, *_BARE})
_QUOTED_KEYS = frozenset(f'"{key}"'.encode() for key in _KEYS)
_BATCHES_SEEN = 4
"""The first may be damaged."""

_BOM = b"\xef\xbb\xbf"


def is_otlp(head: Head) -> bool:
    """Whether content that begins so is OTLP, in any container."""
    data = head.data
    if head.lined:
        return any(isinstance(value, list) and key in _KEYS for key, value in head.objects[0].items())
    if is_json(data) or framing_of(data) is not None or framed_json(data) is not None:
        return True
    return has_json_lines(head)


def is_json(head: bytes) -> bool:
    """Whether the first document, complete or cut, has the keys of OTLP at its top.

    A first line that is the end of a document, as rotation leaves it, is passed over.
    """
    text = head.removeprefix(_BOM).lstrip()
    if text[:1] not in (b"{", b"["):
        text = text.partition(b"\n")[2].lstrip()
    if text.startswith(b"["):
        text = text[1:].lstrip()
    if not text.startswith(b"{"):
        return False
    return any(key in _QUOTED_KEYS for key in _keys_of_lists(text))


def has_json_lines(head: Head) -> bool:
    """Whether the first line that is a JSON object is OTLP, whatever is broken in front of it."""
    return any(isinstance(found.get(key), list) for found in head.objects[:1] for key in _SIGNALS)


def _keys_of_lists(text: bytes) -> Iterator[bytes]:
    """The keys of the first object, itself not nested, whose values are lists."""
    depth = 0
    key = last = b""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in (b"{", b"["):
            if token == b"[" and depth == 1 and last == b":":
                yield key
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
            if depth <= 0:
                return
        elif token != b":" and depth == 1:
            key = token
        last = token


def framing_of(head: bytes) -> Framing | None:
    """How the protobuf messages of a file are framed; None if it does not look like OTLP."""
    if _is_message(head):
        return Framing.PLAIN
    for framing in (Framing.BIG, Framing.LITTLE, Framing.DELIMITED):
        length, begin = frame_length(framing, head, 0)
        if 0 < length < LARGEST_MESSAGE and _is_message(unpacked(head[begin : begin + length])):
            return framing
    return None


def framed_json(head: bytes) -> Framing | None:
    """How compressed JSON documents are framed, if that is what it is."""
    for framing in (Framing.BIG, Framing.LITTLE, Framing.DELIMITED):
        length, begin = frame_length(framing, head, 0)
        if length > 0 and head[begin : begin + 4] == ZSTD_MAGIC:
            return framing if is_json(unpacked(head[begin : begin + length])) else None
    return None


def _is_message(head: bytes) -> bool:
    """Whether one of its first batches has a resource, scopes and a first record of the right shapes."""
    for batch in islice(fields(head), _BATCHES_SEEN):
        if (batch.number, batch.wire) != (1, LENGTH) or not batch.value:
            return False
        end = min(batch.end, len(head))
        if is_resource_data(head, batch.begin, end) and signal_of(head[batch.begin : end]) is not None:
            return True
    return False
