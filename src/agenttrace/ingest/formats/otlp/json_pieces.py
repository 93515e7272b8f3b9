"""A JSON source cut into documents that fit in memory: lines, whole documents, or parts of a huge one.

A document is cut between two spans (or log records): what stands around them, resource and scope, is
repeated in front of the rest. The same cut saves what is complete in a document that is torn at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import numpy as np

from agenttrace.ingest.formats.otlp.json_structure import Brackets, Scanner, objects_at
from agenttrace.ingest.lines import refuse_endless
from agenttrace.ingest.source import DamagedEnd, Source

PIECE_BYTES = 4 << 20
"""A document beyond this size is cut."""

_PEEK_LINES = 4
_PEEK_BYTES = 8 << 20
_RECORDS = 6
"""Depth inside the array of spans: document, resourceSpans, its item, scopeSpans, its item, spans."""
_BARE_RECORDS = 4
_BRACE = ord("{")
_RECORD_ARRAY = re.compile(rb'"(?:spans|logRecords|logs|metrics)"\s*:\s*\Z')
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r"
_BETWEEN = _BLANK + b"\n,"


@dataclass(frozen=True, slots=True)
class Piece:
    """JSON text of one document or of a part of one. `line` is null where the text has no lines."""

    text: bytes
    line: int | None
    torn: bool = False


def line_pieces(lines: Iterable[tuple[int, bytes]], path: str) -> Iterator[Piece]:
    """The documents that stand on numbered lines."""
    for number, line in lines:
        text = line.removeprefix(_BOM) if number == 1 else line
        if len(text) <= PIECE_BYTES:
            yield Piece(text, number)
        else:
            yield from (Piece(part.text, number, part.torn) for part in _cut([text], path))


def document_pieces(source: Source) -> Iterator[Piece]:
    """The documents of a source, whatever its lines. After a damaged end, what was good is followed by `DamagedEnd`."""
    return _cut(source.blocks(), source.path)


def has_lines(source: Source) -> bool:
    """Whether each line is a document, as far as the first ones tell; a broken line may be among them.

    A single line is a document, and so is what has no end of a line for megabytes.
    """
    head = bytearray()
    with suppress(DamagedEnd):
        for block in source.blocks():
            head += block
            if len(head) >= _PEEK_BYTES or head.count(b"\n") >= _PEEK_LINES:
                break
    lines = bytes(head).removeprefix(_BOM).split(b"\n", _PEEK_LINES)
    complete = (line.strip(_BLANK) for line in lines[:-1])
    return any(line.strip(_BLANK) for line in lines[1:]) and any(map(is_document, complete))


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
    """The text that is not yet handed on. Positions are indices of `text`.

    `opens`: the open brackets from the outermost, `closed`: where the last one closed that lies no deeper
    than a record, and the depth there.
    """

    text: bytearray = field(default_factory=bytearray)
    opens: list[int] = field(default_factory=lambda: [-1] * _RECORDS)
    closed: tuple[int, int] = (-1, 0)
    shift: int = 0

    def follow(self, brackets: Brackets) -> Iterator[Piece]:
        """Moves along the brackets of a block, and hands on the documents that end in it."""
        closing = brackets.steps < 0
        records = brackets.positions[closing & (brackets.depths == _RECORDS)]
        outside = (brackets.depths < _RECORDS) | (~closing & (brackets.depths == _RECORDS))
        kept = brackets.positions[outside]
        rows = zip(kept.tolist(), brackets.depths[outside].tolist(), closing[outside].tolist(), strict=True)
        for position, depth, closes in rows:
            index = position - self.shift
            if not closes and depth >= 1:
                self.opens[depth - 1] = index
            elif closes and depth >= 1:
                self.closed = (index + 1, depth)
            elif closes and depth == 0 and (piece := self._document(index + 1)):
                yield piece
        if len(records) and (not len(kept) or records[-1] > kept[-1]):
            self.closed = (int(records[-1]) + 1 - self.shift, _RECORDS)

    def _document(self, end: int) -> Piece | None:
        begin = self.opens[0]
        piece = Piece(bytes(self.text[begin:end]), None) if begin >= 0 else None
        del self.text[:end]
        self.shift += end
        self.opens = [-1] * _RECORDS
        self.closed = (-1, 0)
        return piece

    def cut(self) -> Piece | None:
        """The document as far as its records are complete; what stands around them stays."""
        end, depth = self.closed
        if depth < _RECORDS or not _RECORD_ARRAY.search(self.text[: self.opens[-1]][-64:]):
            return None
        piece = self.torn()
        edges = [(self.opens[level], self.opens[level + 1] + 1) for level in range(0, _RECORDS, 2)]
        around = [self.text[begin:finish] for begin, finish in edges]
        rest = self.text[end:].lstrip(_BETWEEN)
        prefix = bytearray().join(around)
        self.shift += len(self.text) - len(rest) - len(prefix)
        self.text = prefix + rest
        ends = np.cumsum([len(each) for each in around]).tolist()
        self.opens = [
            index for begin, finish in zip([0, *ends], ends, strict=False) for index in (begin, finish - 1)
        ]
        self.closed = (-1, 0)
        return piece

    def torn(self) -> Piece:
        """The document as far as it is complete, with what is open closed."""
        end, depth = self.closed
        opens = self.opens[:depth]
        closers = b"".join(b"}" if self.text[index] == _BRACE else b"]" for index in reversed(opens))
        return Piece(bytes(self.text[opens[0] : end]) + closers if opens else b"", None, torn=True)


def _cut(blocks: Iterable[bytes], path: str) -> Iterator[Piece]:
    cutter = _Cutter()
    scanner: Scanner | None = None
    for block in blocks:
        text = block
        if scanner is None:
            text = text.removeprefix(_BOM)
            scanner = Scanner(depth=-1 if text.lstrip().startswith(b"[") else 0)
        cutter.text += text
        yield from cutter.follow(scanner.scan(text))
        if len(cutter.text) > PIECE_BYTES and (piece := cutter.cut()):
            yield Piece(piece.text, None)
        refuse_endless(len(cutter.text), path)
    if cutter.text.strip(_BETWEEN + b"]"):
        yield cutter.torn()


def single_records(text: bytes) -> Iterator[bytes]:
    """Each complete span or log record of a broken document as a document of its own."""
    for depth in (_RECORDS, _BARE_RECORDS):
        for context, begin, end in objects_at(text, depth):
            if _RECORD_ARRAY.search(text[max(0, context[-1] - 64) : context[-1]]):
                around = [text[context[i] : context[i + 1] + 1] for i in range(0, depth, 2)]
                yield b"".join(around) + text[begin:end] + b"]}" * (depth // 2)
