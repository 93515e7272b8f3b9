"""What can be read only once, standard input and pipes: held in memory while it is little, else laid down in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import SEARCHED_BYTES, Source

HELD_BYTES = 16 << 20
"""Up to this much is held in memory."""

_BLOCK_BYTES = 1 << 20


class Piped:
    """Takes in pipes. Files lie in a folder that only its owner can look into, and go with it."""

    def __init__(self, folder: Folder, *, known: bool) -> None:
        """`known`: the format is, so that nothing has to be recognised."""
        self._folder = folder
        self._known = known
        self._numbers = count()

    def source(self, path: str, pipe: BinaryIO) -> Source:
        """All that comes out of it, which is called `path`. What begins like no trace is not read to its end.

        Raises InputError: it cannot be read, is no trace, or there is no room for it.
        """
        blocks = _blocks(pipe, path)
        held = bytearray()
        for block in blocks:
            held += block
            if len(held) > HELD_BYTES:
                return self._laid_down(path, bytes(held), blocks)
        return Source(path, bytes(held))

    def _laid_down(self, path: str, held: bytes, blocks: Iterator[bytes]) -> Source:
        file = str(self._folder.path / f"piped-{next(self._numbers)}")
        with _made(file) as laid:
            size = _written(laid, held)
            looked_at = self._known
            for block in blocks:
                if not looked_at and size > SEARCHED_BYTES:
                    recognise(Source(path, spooled=file))
                    looked_at = True
                size += _written(laid, block)
        return Source(path, spooled=file)


def _blocks(pipe: BinaryIO, path: str) -> Iterator[bytes]:
    while True:
        try:
            block = pipe.read(_BLOCK_BYTES)
        except OSError as error:
            raise InputError(error.strerror or "cannot be read", where=path) from error
        if not block:
            return
        yield block


def _made(file: str) -> BinaryIO:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _written(laid: BinaryIO, block: bytes) -> int:
    try:
        laid.write(block)
        laid.flush()
    except OSError as error:
        raise InputError(
            f"no room for what comes from a pipe: {error.strerror}",
            where=laid.name,
            hint="set TMPDIR to a folder with more room, or give the file by its name",
        ) from error
    return len(block)
