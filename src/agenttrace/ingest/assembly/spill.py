"""Frames on disk: written part after part, and read again in any number of passes.

A file is a row of records: which table, how many bytes, an Arrow stream. It is written and read by one process, in
one run: no format for anybody else.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from agenttrace.ingest.assembly.frames import TABLES, Frames, together

_HEAD = struct.Struct("<BQ")
_NAMES = tuple(TABLES)


def append(path: Path, frames: Frames) -> None:
    """Adds the frames that have rows to a file."""
    with path.open("ab") as file:
        for name, frame in frames.items().items():
            if frame.height:
                stream = io.BytesIO()
                frame.write_ipc_stream(stream, compression="lz4")
                file.write(_HEAD.pack(_NAMES.index(name), stream.tell()))
                file.write(stream.getbuffer())


def parts(path: Path) -> Iterator[Frames]:
    """The frames of a file, as they were added, one part at a time."""
    empty = together([])
    part: dict[str, pl.DataFrame] = {}
    last = -1
    for number, frame in _records(path):
        if number <= last:
            yield Frames(**{**empty.items(), **part})
            part = {}
        part[_NAMES[number]] = frame
        last = number
    if part:
        yield Frames(**{**empty.items(), **part})


def whole(path: Path) -> Frames:
    """All rows of a file."""
    found: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for number, frame in _records(path):
        found[_NAMES[number]].append(frame)
    empty = together([]).items()
    return Frames(**{name: pl.concat(found[name]) if name in found else empty[name] for name in _NAMES})


def _records(path: Path) -> Iterator[tuple[int, pl.DataFrame]]:
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            number, size = _HEAD.unpack(head)
            yield number, pl.read_ipc_stream(io.BytesIO(file.read(size)))
