"""Compressed files as streams: bounded in memory, good up to where they are damaged, and no bombs."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, NamedTuple, cast

import zstandard

from agenttrace.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BOMB_BYTES = 64 << 20
"""Less than this is never a bomb, however little it is unpacked from."""

BOMB_RATIO = 500
"""Traces shrink to a tenth or a fiftieth; only what says the same over and over shrinks to less than this."""

_GZIP_BLOCK_BYTES = 1 << 16
_ZSTD_BLOCK_BYTES = 1 << 12
"""Four bytes of Zstandard may stand for 128 KiB, and what a block stands for is in memory at once."""

_GZIP_WBITS = 31


class Stored(NamedTuple):
    """A compressed file, and how much of it is unpacked at once."""

    stream: BinaryIO
    path: str
    block_bytes: int


def zstandard_stream(stored: BinaryIO, path: str) -> BinaryIO:
    """What the frames hold."""
    members = _Members(
        Stored(stored, path, _ZSTD_BLOCK_BYTES),
        zstandard.ZstdDecompressor().decompressobj,
        zstandard.ZstdError,
    )
    return cast("BinaryIO", members)


def gzip_stream(stored: BinaryIO, path: str) -> BinaryIO:
    """What the members hold."""
    from isal import isal_zlib  # noqa: PLC0415  # loaded only where a file needs it

    damage = cast("type[Exception]", isal_zlib.error)
    members = _Members(
        Stored(stored, path, _GZIP_BLOCK_BYTES), partial(isal_zlib.decompressobj, wbits=_GZIP_WBITS), damage
    )
    return cast("BinaryIO", members)


class _Members(io.RawIOBase):
    """Compressed members one after the other, each read by a decompressor of its own.

    EOFError where the last is cut off or damaged: after all that was good, which the libraries' own
    readers keep to themselves. InputError where there is far more in it than a trace can hold.
    """

    def __init__(self, stored: Stored, decompressor: Callable[[], Any], damage: type[Exception]) -> None:
        self._stored = stored.stream
        self._path = stored.path
        self._block_bytes = stored.block_bytes
        self._taken = self._given = 0
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
            self._given += len(self._ready)
            self._refuse_bomb()
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _read_stored(self) -> bytes:
        block = self._stored.read(self._block_bytes)
        self._taken += len(block)
        return block

    def _refuse_bomb(self) -> None:
        if self._given > max(BOMB_BYTES, BOMB_RATIO * self._taken):
            raise InputError(
                f"a compression bomb: {self._taken:,} bytes that unpack to more than {self._given >> 20:,} MiB",
                where=self._path,
                hint="if it is a trace after all, unpack it first: plain files have no such limit",
            )

    def _next_block(self) -> bytes:
        rest = b""
        if self._member.eof:
            rest = self._member.unused_data
            self._member = self._decompressor()
            self._within = False
        while not (block := rest or self._read_stored()).strip(b"\0"):
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
