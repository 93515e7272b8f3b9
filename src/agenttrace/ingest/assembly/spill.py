"""Frames on disk: written part after part, and read again in any number of passes.

A file is a row of records: which table, how many bytes, an Arrow stream of the columns of which something is known. It
is written and read by one process, in one run: no format for anybody else.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from agenttrace.ingest.assembly.frames import TABLES, Frames, complete, placed, together

_HEAD = struct.Struct("<BQ")
_NAMES = tuple(TABLES)


class Place(NamedTuple):
    """Where rows lie: in a file, from a byte on, so many bytes; all of it where `size` is null.

    `origins`: the numbers of their sources, where the rows do not say them yet, nor the `lines_before` them.
    """

    path: Path
    begin: int = 0
    size: int | None = None
    origins: tuple[int, ...] | None = None
    lines_before: int = 0


def append(path: Path, frames: Frames) -> Place:
    """Adds the frames that have rows to a file."""
    with path.open("ab") as file:
        begin = file.tell()
        for name, frame in frames.items().items():
            if frame.height:
                stream = io.BytesIO()
                known = (series for series in frame.iter_columns() if series.null_count() < frame.height)
                pl.DataFrame(known).write_ipc_stream(stream, compression="lz4")
                file.write(_HEAD.pack(_NAMES.index(name), stream.tell()))
                file.write(stream.getbuffer())
        return Place(path, begin, file.tell() - begin)


def parts(path: Path) -> Iterator[Frames]:
    """The frames of a file, as they were added, one part at a time."""
    empty = together([])
    part: dict[str, pl.DataFrame] = {}
    last = -1
    for number, frame in _records(path):
        if number <= last:
            yield Frames(**{**empty.items(), **part})
            part = {}
        part[_NAMES[number]] = complete(_NAMES[number], frame)
        last = number
    if part:
        yield Frames(**{**empty.items(), **part})


def whole(places: Iterable[Place]) -> Frames:
    """All rows of some places, in their order."""
    found: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for place in places:
        for number, frame in _records(place.path, place.begin, place.size):
            name = _NAMES[number]
            found[name].append(
                frame if place.origins is None else placed(name, frame, place.origins, place.lines_before)
            )
    empty = together([]).items()
    below = {name: complete(name, pl.concat(frames, how="diagonal")) for name, frames in found.items()}
    return Frames(**{**empty, **below})


def _records(path: Path, begin: int = 0, size: int | None = None) -> Iterator[tuple[int, pl.DataFrame]]:
    with path.open("rb") as file:
        file.seek(begin)
        while (size is None or file.tell() < begin + size) and (head := file.read(_HEAD.size)):
            number, length = _HEAD.unpack(head)
            yield number, pl.read_ipc_stream(io.BytesIO(file.read(length)))
