"""A file as formats see it: decompressed, with its head for recognition, as bytes or as lines."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from agenttrace.errors import InputError
from agenttrace.ingest.head import HEAD_BYTES, Head

_STORED_BLOCK_BYTES = 1 << 16
_GZIP_WBITS = 31
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Source:
    """One input. `content` stands for a file's bytes when it came from standard input."""

    path: str
    content: bytes | None = None

    @cached_property
    def head(self) -> Head:
        """Its beginning; shorter if the file is, or if it is damaged there."""
        head = bytearray()
        with self.open() as stream:
            try:
                while len(head) < HEAD_BYTES and (block := stream.read(HEAD_BYTES - len(head))):
                    head += block
            except _DAMAGE:
                pass
        return Head(bytes(head))

    @cached_property
    def stored_bytes(self) -> int:
        """Size as stored, before decompression."""
        return len(self.content) if self.content is not None else Path(self.path).stat().st_size

    def open(self) -> BinaryIO:
        """A stream of decompressed bytes; members of a multi-member gzip follow each other."""
        raw = self._open_stored()
        magic = raw.read(4)
        raw.seek(0)
        if magic[:2] == _GZIP_MAGIC:
            return _gzip_stream(raw)
        if magic == _ZSTD_MAGIC:
            return _zstandard_stream(raw)
        return raw

    def _open_stored(self) -> BinaryIO:
        if self.content is not None:
            return io.BytesIO(self.content)
        try:
            return Path(self.path).open("rb")
        except OSError as error:
            raise InputError(error.strerror or "cannot be read", where=self.path) from error

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """The decompressed bytes, block by block. A damaged end raises `DamagedEnd` after what was good."""
        with self.open() as stream:
            while True:
                try:
                    block = stream.read(size)
                except _DAMAGE as error:
                    raise DamagedEnd(str(error)) from error
                if not block:
                    return
                yield block

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(number from 1, line without its end); empty lines are skipped, the last may lack its end."""
        number = 0
        rest: list[bytes] = []
        for block in self.blocks():
            pieces = block.split(b"\n")
            rest.append(pieces[0])
            if len(pieces) == 1:
                continue
            number += 1
            if line := b"".join(rest).strip(b"\r \t"):
                yield number, line
            for piece in pieces[1:-1]:
                number += 1
                if line := piece.strip(b"\r \t"):
                    yield number, line
            rest = [pieces[-1]]
        if line := b"".join(rest).strip(b"\r \t"):
            yield number + 1, line

    def sibling(self, name: str) -> bytes | None:
        """The content of another file, named from the same folder, or None. No name may come from a trace as it is."""
        if self.content is not None:
            return None
        try:
            return (Path(self.path).parent / name).read_bytes()
        except OSError:
            return None

    def siblings(self, folder: str = ".") -> list[str]:
        """The names of the files in the same folder, itself too, or in another named from there."""
        if self.content is not None:
            return []
        beside = Path(self.path).parent / folder
        try:
            return list(_names_in(beside, beside.stat().st_mtime_ns))
        except OSError:
            return []


@lru_cache(maxsize=16)
def _names_in(folder: Path, _changed_ns: int) -> tuple[str, ...]:
    """Listed once for all the files of a folder that ask, until something in it changes."""
    return tuple(sorted(file.name for file in folder.iterdir() if file.is_file()))


class DamagedEnd(Exception):  # noqa: N818  # an end, good until there, rather than an error
    """The compressed stream ends in the middle, or in garbage."""


_DAMAGE = (EOFError, OSError)


class _Members(io.RawIOBase):
    """Compressed members one after the other, each read by a decompressor of its own.

    EOFError where the last is cut off or damaged: after all that was good, which the libraries' own
    readers keep to themselves.
    """

    def __init__(self, stored: BinaryIO, decompressor: Callable[[], Any], damage: type[Exception]) -> None:
        self._stored = stored
        self._decompressor = decompressor
        self._damage = damage
        self._member = decompressor()
        self._within = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        while not self._ready:
            if not (block := self._next_block()):
                return 0
            self._within = True
            try:
                self._ready = memoryview(self._member.decompress(block))
            except self._damage as error:
                raise EOFError(str(error)) from error
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _next_block(self) -> bytes:
        rest = b""
        if self._member.eof:
            rest = self._member.unused_data
            self._member = self._decompressor()
            self._within = False
        while not (block := rest or self._stored.read(_STORED_BLOCK_BYTES)).strip(b"\0"):
            if not block and self._within:
                message = "the last member is cut off"
                raise EOFError(message)
            if not block or self._within:
                return block
            rest = b""  # zeros may fill up the space behind a member
        return block if self._within else block.lstrip(b"\0")

    def close(self) -> None:
        self._stored.close()
        super().close()


def _zstandard_stream(stored: BinaryIO) -> BinaryIO:
    members = _Members(stored, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)
    return cast("BinaryIO", members)


def _gzip_stream(stored: BinaryIO) -> BinaryIO:
    from isal import isal_zlib  # noqa: PLC0415  # loaded only where a file needs it

    damage = cast("type[Exception]", isal_zlib.error)
    members = _Members(stored, partial(isal_zlib.decompressobj, wbits=_GZIP_WBITS), damage)
    return cast("BinaryIO", members)
