"""A source of lines cut into slices of some megabytes, so that each can be read by another process.

Of a plain file a slice is a place, and whoever reads it opens the file; of compressed content it is the text itself,
unpacked here, while slices before it are read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from agenttrace.ingest.format import SlicedFormat
from agenttrace.ingest.lines import NOTHING_YET, count_ends, lines_of, refuse_endless
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source, opened

SLICE_BYTES = 16 << 20
"""Large enough that starting on a slice costs little, small enough that several are held without harm."""

_BLOCK_BYTES = 1 << 18
"""What a processor has near it: lines are cut out of it and read while it is there."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Whole lines of a source, from the number `first_line` on: `content`, or so many bytes of `file`."""

    path: str
    first_line: int
    begin: int = 0
    size: int = 0
    content: bytes | None = None
    file: str = ""
    numbered: ClassVar[bool] = True

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        return self.size if self.content is None else len(self.content)

    def blocks(self) -> Iterator[bytes]:
        """Its bytes."""
        if self.content is not None:
            yield self.content
            return
        with opened(self.file) as file:
            file.seek(self.begin)
            left = self.size
            while left and (block := file.read(min(_BLOCK_BYTES, left))):
                left -= len(block)
                yield block

    def text(self) -> bytes:
        """All of it."""
        if self.content is not None:
            return self.content
        with opened(self.file) as file:
            file.seek(self.begin)
            return file.read(self.size)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """As those of the source, under the same numbers."""
        return lines_of(self.blocks(), self.path, self.first_line)


def read_in_slices(chosen: SlicedFormat, source: Source, recorder: Recorder) -> None:
    """All of a source, one slice after the other: the format's `read`."""
    left: list[tuple[Any, int]] = []
    damage: DamagedEnd | None = None
    try:
        left.extend((chosen.read_slice(piece, recorder), 0) for piece in chosen.slices(source))
    except DamagedEnd as error:
        damage = error
    chosen.settle(left, damage, recorder)


def slices_of(source: Source) -> Iterator[Slice]:
    """All lines of a source. After a damaged end, what was good is followed by `DamagedEnd`.

    Raises InputError where a line of compressed content is too long to be held in memory.
    """
    return _places(source) if source.is_plain else _texts(source)


def _places(source: Source) -> Iterator[Slice]:
    begin = at = lines = 0
    first_line = 1
    ended: tuple[int, int] | None = None
    block = bytearray(_BLOCK_BYTES)
    view = memoryview(block)
    with opened(source.file) as file:
        while count := file.readinto(block):  # type: ignore[attr-defined]
            ends = count_ends(view[:count])
            if ends:
                lines += ends
                ended = at + block.rfind(b"\n", 0, count) + 1, lines
            at += count
            if ended and at - begin >= SLICE_BYTES:
                end, before = ended
                yield Slice(source.path, first_line, begin, end - begin, file=source.file)
                begin, first_line, ended = end, before + 1, None
    if at > begin:
        yield Slice(source.path, first_line, begin, at - begin, file=source.file)


def _texts(source: Source) -> Iterator[Slice]:
    held = bytearray()
    first_line, end = 1, 0
    damage: DamagedEnd | None = None
    blocks = source.blocks(_BLOCK_BYTES)
    while True:
        try:
            block = next(blocks, b"")
        except DamagedEnd as error:
            damage, block = error, b""
        if not block:
            break
        end = len(held) + block.rfind(b"\n") + 1 if b"\n" in block else end
        held += block
        if len(held) >= SLICE_BYTES and end:
            text = bytes(held[:end])
            yield Slice(source.path, first_line, content=text)
            first_line += text.count(b"\n")
            del held[:end]
            end = 0
        elif len(held) >= SLICE_BYTES:
            _drop_blank_space(held)
            refuse_endless(len(held), source.path)
    if held:
        yield Slice(source.path, first_line, content=bytes(held))
    if damage is not None:
        raise damage


def _drop_blank_space(line: bytearray) -> None:
    """In front of a line that has no end yet; of zeros one is kept, for they are damage."""
    if line[:1].strip(NOTHING_YET):
        return
    text = line.lstrip(NOTHING_YET)
    zeros = b"\0" in line[: len(line) - len(text)]
    line[:] = (b"\0" if zeros else b"") + text
