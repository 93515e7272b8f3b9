"""A JSON source cut into documents that fit in memory: lines, whole documents, or parts of a huge one.

A document is cut between two spans (or log records): what stands around them, resource and scope, is
repeated in front of the rest. The same cut saves what is complete in a document that is torn at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np

from agenttrace.ingest.formats.otlp.json_structure import Brackets, Scanner, objects_at
from agenttrace.ingest.source import Source

PIECE_BYTES = 16 << 20
"""A document beyond this size is cut."""

_PEEK_LINES = 16
_PEEK_BYTES = 8 << 20
_RECORDS = 6
"""Depth inside the array of spans: document, resourceSpans, its item, scopeSpans, its item, spans."""
_BARE_RECORDS = 4
_CLOSING = b"]}]}]}"
_RECORD_ARRAY = re.compile(rb'"(?:spans|logRecords|logs|metrics)"\s*:\s*\Z')
_BOM = b"\xef\xbb\xbf"
_BETWEEN = b" \t\r\n,"


@dataclass(frozen=True, slots=True)
class Piece:
    """JSON text of one document or of a part of one. `line` is null where the text has no lines."""

    text: bytes
    line: int | None
    torn: bool = False


def pieces(source: Source) -> Iterator[Piece]:
    """The documents of a source. After a damaged end, what was good is followed by `DamagedEnd`."""
    if _has_lines(source):
        for number, line in source.lines():
            text = line.removeprefix(_BOM) if number == 1 else line
            if len(text) <= PIECE_BYTES:
                yield Piece(text, number)
            else:
                yield from (Piece(part.text, number, part.torn) for part in _cut([text]))
    else:
        yield from _cut(source.blocks())


def _has_lines(source: Source) -> bool:
    """Whether each line is a document, as far as the first lines tell; a broken line or two may be among them."""
    seen = 0
    for number, line in source.lines():
        if is_document(line.removeprefix(_BOM)):
            return True
        seen += len(line)
        if number >= _PEEK_LINES or seen > _PEEK_BYTES:
            break
    return False


def is_document(text: bytes) -> bool:
    """Whether the text is one JSON object."""
    if not text.startswith(b"{"):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


@dataclass(slots=True)
class _Cutter:
    """The text that is not yet handed on. Positions are indices of `text`."""

    text: bytearray = field(default_factory=bytearray)
    opens: list[int] = field(default_factory=lambda: [-1] * _RECORDS)
    last_record: int = -1
    shift: int = 0

    def close_document(self, end: int) -> Piece | None:
        """The document that ends here; the text behind it stays."""
        begin = self.opens[0]
        piece = Piece(bytes(self.text[begin:end]), None) if begin >= 0 else None
        del self.text[:end]
        self._forget(end)
        return piece

    def cut(self) -> Piece | None:
        """The document as far as its records are complete; what stands around them stays."""
        if self.last_record < 0 or not _RECORD_ARRAY.search(self.text[: self.opens[-1]][-64:]):
            return None
        doc, resources, resource, scopes, scope, records = self.opens
        end = self.last_record
        piece = Piece(bytes(self.text[doc:end]) + _CLOSING, None)
        outside = [self.text[a : b + 1] for a, b in ((doc, resources), (resource, scopes), (scope, records))]
        rest = self.text[end:].lstrip(_BETWEEN)
        skipped = len(self.text) - len(rest)
        ends = [len(outside[0]), len(outside[0]) + len(outside[1])]
        self.text = bytearray().join(outside) + rest
        self.shift += skipped - sum(map(len, outside))
        self.opens = [0, ends[0] - 1, ends[0], ends[1] - 1, ends[1], sum(map(len, outside)) - 1]
        self.last_record = -1
        return piece

    def _forget(self, count: int) -> None:
        self.shift += count
        self.opens = [-1] * _RECORDS
        self.last_record = -1


def _cut(blocks: Iterator[bytes] | list[bytes]) -> Iterator[Piece]:
    cutter = _Cutter()
    scanner: Scanner | None = None
    for block in blocks:
        if scanner is None:
            block = block.removeprefix(_BOM)
            scanner = Scanner(depth=-1 if block.lstrip().startswith(b"[") else 0)
        cutter.text += block
        yield from _follow(cutter, scanner.scan(block))
        if len(cutter.text) > PIECE_BYTES and (piece := cutter.cut()):
            yield piece
    rest = cutter.cut()
    if rest is not None:
        yield Piece(rest.text, None, torn=True)
    elif cutter.text.strip(_BETWEEN + b"]"):
        yield Piece(b"", None, torn=True)


def _follow(cutter: _Cutter, brackets: Brackets) -> Iterator[Piece]:
    """Moves the cutter along the brackets of a block that lie outside of records."""
    closing = brackets.steps < 0
    records = brackets.positions[closing & (brackets.depths == _RECORDS)]
    outside = (brackets.depths < _RECORDS) | (~closing & (brackets.depths == _RECORDS))
    positions = brackets.positions[outside]
    rows = zip(positions.tolist(), brackets.depths[outside].tolist(), closing[outside].tolist(), strict=True)
    for position, depth, closes in rows:
        index = position - cutter.shift
        if not closes and depth >= 1:
            cutter.opens[depth - 1] = index
            cutter.last_record = -1
        elif closes and depth == 0 and (piece := cutter.close_document(index + 1)):
            yield piece
    if len(records) and (not len(positions) or records[-1] > positions[-1]):
        cutter.last_record = int(records[-1]) + 1 - cutter.shift


def single_records(text: bytes) -> Iterator[bytes]:
    """Each complete span or log record of a broken document as a document of its own."""
    for depth in (_RECORDS, _BARE_RECORDS):
        for context, begin, end in objects_at(text, depth):
            if _RECORD_ARRAY.search(text[max(0, context[-1] - 64) : context[-1]]):
                around = [text[context[i] : context[i + 1] + 1] for i in range(0, depth, 2)]
                yield b"".join(around) + text[begin:end] + b"]}" * (depth // 2)
