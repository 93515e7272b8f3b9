"""A protobuf source cut into its batches: one ResourceSpans, ResourceLogs or ResourceMetrics after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agenttrace.ingest.formats.otlp.framing import LENGTH, Field, Framing, fields, frame_length, varint
from agenttrace.ingest.source import DamagedEnd, Source

_BATCH_TAG = 0x0A
_LIBRARY_SPANS = 1000
_HEADER = 11


@dataclass(frozen=True, slots=True)
class Batch:
    """The bytes of one batch. `torn`: its end is missing, and with it the record that is not complete."""

    data: bytes
    torn: bool = False


def messages(source: Source, framing: Framing) -> Iterator[Batch]:
    """The messages of a framed source, each as it was written; the last one may be torn."""
    yield from _pieces(source, framing)


def batches(source: Source, framing: Framing) -> Iterator[Batch]:
    """The batches of a source. After a damaged end, what was good is followed by `DamagedEnd`."""
    if framing is Framing.PLAIN:
        yield from (Batch(modern(complete(each.data, 2) if each.torn else each.data), each.torn)
                    for each in _pieces(source, framing))


def _pieces(source: Source, framing: Framing) -> Iterator[Batch]:
    buffer = bytearray()
    blocks = source.blocks()
    damage: DamagedEnd | None = None
    while True:
        try:
            block = next(blocks, b"")
        except DamagedEnd as error:
            damage, block = error, b""
        buffer += block
        at = 0
        while (bounds := _next(buffer, at, framing)) is not None:
            yield Batch(bytes(buffer[bounds[0] : bounds[1]]))
            at = bounds[1]
        del buffer[:at]
        if not block:
            break
    if buffer:
        yield Batch(bytes(buffer), torn=True)
    if damage is not None:
        raise damage
