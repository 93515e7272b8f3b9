"""Rows as they were read become rows by bucket: a file for many parts, and in it a place for each bucket.

A part whose rows are all of one bucket stays where it lies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import polars as pl

from agenttrace.ingest.assembly import spill
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.frames import Frames, together
from agenttrace.ingest.assembly.parts import Part
from agenttrace.workers.engine import Engine

SCATTERED_BYTES = 8 << 20
"""So much of rows is scattered at once: the more, the fewer and larger the pieces are, and the more is in memory."""


@dataclass(frozen=True, slots=True)
class Scattering:
    """Parts that follow each other, and the bucket of each session key. `name` is that of the file to be written."""

    parts: Sequence[Part]
    bucket: pl.DataFrame
    folder: Folder
    name: str
    is_short: ClassVar[bool] = True


class Sorted(NamedTuple):
    """A part, and the buckets that its rows are of; null for rows that are of none."""

    part: Part
    buckets: AbstractSet[int | None]


def places_of_buckets(
    parts: Iterable[Sorted], bucket: pl.DataFrame, folder: Folder, engine: Engine
) -> Mapping[int, Sequence[spill.Place]]:
    """Where the rows of each bucket lie, in the order of the parts, all of which lie on disk."""
    steps = list(_steps(parts, bucket, folder))
    scattered = engine.map(scatter, (step for step in steps if isinstance(step, Scattering)))
    places: dict[int, list[spill.Place]] = defaultdict(list)
    for step in steps:
        for number, place in (next(scattered) if isinstance(step, Scattering) else step).items():
            places[number].append(place)
    return places


def _steps(
    parts: Iterable[Sorted], bucket: pl.DataFrame, folder: Folder
) -> Iterator[Scattering | Mapping[int, spill.Place]]:
    """What stays, by bucket, and all other parts, in pieces of work of about `SCATTERED_BYTES`."""
    held: list[Part] = []
    size = number = 0
    for part, buckets in parts:
        stays = _stays(part, buckets)
        if stays is None:
            held.append(part)
            size += part.size_bytes
        if held and (stays is not None or size >= SCATTERED_BYTES):
            yield Scattering(held, bucket, folder, f"scattered-{number}")
            held, size, number = [], 0, number + 1
        if stays is not None:
            yield stays
    if held:
        yield Scattering(held, bucket, folder, f"scattered-{number}")


def _stays(part: Part, buckets: AbstractSet[int | None]) -> Mapping[int, spill.Place] | None:
    """Null where the part has to be taken apart."""
    if len(buckets) > 1 or not isinstance(part.rows, Path):
        return None
    place = spill.Place(part.rows, origins=part.origins, lines_before=part.lines_before)
    return {number: place for number in buckets if number is not None}


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
