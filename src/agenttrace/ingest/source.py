"""A file as formats see it: decompressed, with its head for recognition, as bytes or as lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO

from agenttrace.errors import InputError
from agenttrace.ingest.compressed import GZIP_MAGIC, ZSTD_MAGIC, gzip_stream, zstandard_stream
from agenttrace.ingest.head import HEAD_BYTES, Head
from agenttrace.ingest.json_text import BOM
from agenttrace.ingest.lines import lines_of

SEARCHED_BYTES = 64 << 20
"""So much blank space may stand in the way of what a file begins with."""

PARQUET_MAGIC = b"PAR1"
SQLITE_MAGIC = b"SQLite format 3\0"
_FOOTER_END_BYTES = 8
_FOOTER_BYTES = 16 << 20
_MUCH_SPACE = re.compile(rb"[ \t\r\n]{512,}")
_SPACE = re.compile(rb"\s")
_CERTAINLY_IN_MUCH = 256
"""So much of 512 bytes in a row lies at a multiple of itself."""


@dataclass(frozen=True)
class Source:
    """One input. What came from a pipe is in `content`, or in the file `spooled`; `path` is what it is called."""

    path: str
    content: bytes | None = None
    spooled: str | None = None

    def afresh(self) -> Source:
        """The same, of which nothing is known yet: what was, takes memory for as long as it is held."""
        return replace(self)

    @cached_property
    def head(self) -> Head:
        """Its beginning; shorter if the file is, or if it is damaged there. Much blank space in it is left out."""
        head, searched = b"", 0
        with self.open() as stream:
            try:
                while len(head) < HEAD_BYTES and searched < SEARCHED_BYTES:
                    block = stream.read(HEAD_BYTES)
                    if not block:
                        break
                    searched += len(block)
                    head = _without_much_space(head + block)
            except _DAMAGE:
                pass
        if head.startswith(SQLITE_MAGIC) and len(head) < HEAD_BYTES:
            head += self._journal()
        return Head(head[:HEAD_BYTES], self._footer() if head.startswith(PARQUET_MAGIC) else b"")

    def _journal(self) -> bytes:
        """The beginning of the journal beside a SQLite database: a new one has all of its tables there only."""
        if not self._has_place:
            return b""
        try:
            with Path(f"{self.path}-wal").open("rb") as stream:
                return stream.read(HEAD_BYTES)
        except OSError:
            return b""

    def _footer(self) -> bytes:
        """What stands at the end of a Parquet file, from its begin on; empty if that is damaged."""
        end = self._end(_FOOTER_END_BYTES)
        size = int.from_bytes(end[:4], "little")
        if not end.endswith(PARQUET_MAGIC) or size > _FOOTER_BYTES:
            return b""
        return self._end(size + _FOOTER_END_BYTES)

    def _end(self, size: int) -> bytes:
        """The last bytes, so many or all; of compressed content everything is read for them."""
        try:
            if not self._is_compressed:
                with self._open_stored() as stored:
                    stored.seek(-min(size, self.stored_bytes), io.SEEK_END)
                    return stored.read()
            end = b""
            for block in self.blocks():
                end = (end + block)[-size:]
        except (OSError, DamagedEnd):
            return b""
        return end

    @cached_property
    def stored_bytes(self) -> int:
        """Size as stored, before decompression; 0 if the file is gone by now."""
        if self.content is not None:
            return len(self.content)
        try:
            return Path(self.file).stat().st_size
        except OSError:
            return 0

    @property
    def file(self) -> str:
        """Where its bytes lie, if they are not in `content`."""
        return self.spooled or self.path

    @cached_property
    def is_plain(self) -> bool:
        """A file that is stored as it is read: any part of it can be had by itself."""
        return self.content is None and not self._is_compressed

    @cached_property
    def _is_compressed(self) -> bool:
        with self._open_stored() as raw:
            magic = raw.read(4)
        return magic[:2] == GZIP_MAGIC or magic == ZSTD_MAGIC

    def open(self) -> BinaryIO:
        """A stream of decompressed bytes; members of a multi-member gzip follow each other."""
        raw = self._open_stored()
        try:
            magic = raw.read(4)
        except OSError as error:
            raise InputError(error.strerror or "cannot be read", where=self.path) from error
        raw.seek(0)
        if magic[:2] == GZIP_MAGIC:
            return gzip_stream(raw, self.path)
        if magic == ZSTD_MAGIC:
            return zstandard_stream(raw, self.path)
        return raw

    def _open_stored(self) -> BinaryIO:
        return io.BytesIO(self.content) if self.content is not None else opened(self.file)

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

    def blocks_held(self, most_bytes: int, what: str, hint: str) -> Iterator[bytes]:
        """The same, for whoever holds all of them. InputError where they are more than may be held of a `what`."""
        size = 0
        for block in self.blocks():
            size += len(block)
            if size > most_bytes:
                raise InputError(f"{what} of more than {most_bytes >> 20} MiB", where=self.path, hint=hint)
            yield block

    def lines(self, block_bytes: int = 1 << 20) -> Iterator[tuple[int, bytes]]:
        """(number from 1, line without its end); empty lines are skipped, the last may lack its end.

        `block_bytes`: so much is read ahead. Raises InputError where a line is too long to be held in memory.
        """
        return lines_of(self.blocks(block_bytes), self.path)

    @property
    def _has_place(self) -> bool:
        """Whether there may be others beside it."""
        return self.content is None and self.spooled is None

    def sibling(self, name: str) -> bytes | None:
        """The content of another file, named from the same folder, or None. No name may come from a trace as it is."""
        if not self._has_place:
            return None
        try:
            return (Path(self.path).parent / name).read_bytes()
        except OSError:
            return None

    def siblings(self, folder: str = ".") -> list[str]:
        """The names of the files in the same folder, itself too, or in another named from there."""
        if not self._has_place:
            return []
        beside = Path(self.path).parent / folder
        try:
            return list(_names_in(beside, beside.stat().st_mtime_ns))
        except OSError:
            return []


def _without_much_space(head: bytes) -> bytes:
    """Of JSON; in other content a space means something."""
    size = _CERTAINLY_IN_MUCH
    begins = _SPACE.finditer(head[::size])
    spaced = any(head[size * at : size * (at + 1)].isspace() for at in (found.start() for found in begins))
    if not spaced or head.removeprefix(BOM).lstrip()[:1] not in (b"{", b"[", b""):
        return head
    return _MUCH_SPACE.sub(_shortened, head)


def _shortened(space: re.Match[bytes]) -> bytes:
    return b"\n" if b"\n" in space.group() else b" "


@lru_cache(maxsize=16)
def _names_in(folder: Path, _changed_ns: int) -> tuple[str, ...]:
    """Listed once for all the files of a folder that ask, until something in it changes."""
    return tuple(sorted(file.name for file in folder.iterdir() if file.is_file()))


def opened(path: str) -> BinaryIO:
    """The file as it is stored. Raises InputError: it may be gone since it was listed."""
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=path) from error


def shown(path: str) -> str:
    """A path as text that any file can hold: names may have bytes in them that are no UTF-8."""
    return path.encode(errors="backslashreplace").decode()


class DamagedEnd(Exception):  # noqa: N818  # an end, good until there, rather than an error
    """The compressed stream ends in the middle, or in garbage."""


_DAMAGE = (EOFError, OSError)
