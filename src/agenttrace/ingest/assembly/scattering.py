"""Rows as they were read become rows by bucket: a file for many parts, and in it a place for each bucket."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from agenttrace.ingest.assembly import spill
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.frames import Frames, together
from agenttrace.ingest.assembly.parts import Part

SCATTERED_BYTES = 8 << 20
"""So much of rows is scattered at once: the more, the fewer and larger the pieces are, and the more is in memory."""


@dataclass(frozen=True, slots=True)
class Scattering:
    """Parts that follow each other, and the bucket of each session key. `name` is that of the file to be written."""

    parts: Sequence[Part]
    bucket: pl.DataFrame
    folder: Folder
    name: str


def scatterings(parts: Iterable[Part], bucket: pl.DataFrame, folder: Folder) -> Iterator[Scattering]:
    """All parts, in pieces of work of about `SCATTERED_BYTES`."""
    held: list[Part] = []
    size = number = 0
    for part in parts:
        held.append(part)
        size += part.size_bytes
        if size >= SCATTERED_BYTES:
            yield Scattering(held, bucket, folder, f"scattered-{number}")
            held, size, number = [], 0, number + 1
    if held:
        yield Scattering(held, bucket, folder, f"scattered-{number}")


def scatter(work: Scattering) -> Mapping[int, spill.Place]:
    """Writes the rows of the parts by bucket, removes the parts' files, and tells where each bucket's rows are."""
    rows = together([frames for part in work.parts for frames in part.frames()])
    path = work.folder.path / work.name
    places = {number: spill.append(path, frames) for number, frames in _by_bucket(rows, work.bucket)}
    for part in work.parts:
        if isinstance(part.rows, Path):
            part.rows.unlink()
    return places


def _by_bucket(rows: Frames, bucket: pl.DataFrame) -> Iterator[tuple[int, Frames]]:
    """Rows of keys that no span, agent or session has belong to no bucket, and to no session."""
    pieces: dict[int, dict[str, pl.DataFrame]] = defaultdict(dict)
    for name, frame in rows.items().items():
        placed = frame.join(bucket, on="session_key", maintain_order="left")
        for (number,), piece in placed.partition_by("bucket", as_dict=True, include_key=False).items():
            if number is not None:
                pieces[int(number)][name] = piece
    empty = together([]).items()
    for number, found in sorted(pieces.items()):
        yield number, Frames(**{**empty, **found})
