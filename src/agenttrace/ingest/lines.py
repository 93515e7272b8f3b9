"""Bytes that come block by block as lines: none is held but the one that is not whole yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agenttrace.errors import InputError
from agenttrace.native.counting import count

LONGEST_LINE_BYTES = 256 << 20
"""A line beyond this is refused: it is held in memory whole, twice while it is read."""

_END = ord("\n")
_BLANK = b"\r \t"
NOTHING_YET = b"\r \t\0"
"""What may stand before anything of a line, in any quantity, and is left out of it."""


def lines_of(blocks: Iterable[bytes], path: str, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """(number, line without its end) from the number `first`; empty lines are skipped, the last may lack its end.

    Raises InputError where a line is too long to be held in memory.
    """
    number = first - 1
    line = _Line(path)
    for block in blocks:
        pieces = block.split(b"\n")
        line.add(pieces[0])
        if len(pieces) == 1:
            continue
        number += 1
        if whole := line.whole():
            yield number, whole
        for piece in pieces[1:-1]:
            number += 1
            if whole := piece.strip(_BLANK):
                yield number, whole
        line.add(pieces[-1])
    if whole := line.whole():
        yield number + 1, whole


def count_ends(block: bytes | memoryview) -> int:
    """How many lines end in it."""
    return count(block, _END)


def refuse_endless(size_bytes: int, path: str) -> None:
    """Raises InputError where so much of one line, or of one record, was read and its end is not in sight."""
    if size_bytes > LONGEST_LINE_BYTES:
        raise InputError(
            f"one line of more than {LONGEST_LINE_BYTES >> 20} MiB",
            where=path,
            hint="a trace in JSON lines has a record on each line",
        )


class _Line:
    """A line as its pieces come. Of blank space and zeros before anything else, however much, a byte is kept."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._pieces: list[bytes] = []
        self._bytes = 0

    def add(self, piece: bytes) -> None:
        if self._bytes <= 1 and not piece.strip(NOTHING_YET):
            piece = b"\0" if b"\0" in piece and not self._bytes else b""
        self._pieces.append(piece)
        self._bytes += len(piece)
        refuse_endless(self._bytes, self._path)

    def whole(self) -> bytes:
        """The line without its end; the next one begins."""
        line = b"".join(self._pieces).strip(_BLANK)
        self._pieces, self._bytes = [], 0
        return line
