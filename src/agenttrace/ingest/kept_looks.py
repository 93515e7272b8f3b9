"""What all sessions of a batch tell of the server, kept: whoever looks at one session knows what a queue is there."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

import polars as pl

from agenttrace.critical_path.what_if.ranking import first_of
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Batch
from agenttrace.dataset.stored import Dataset
from agenttrace.serving.looks import Look, Looks
from agenttrace.serving.sampling import Sample

_WAITS, _STATED, _RANKED = "waits", "stated", "ranked.json"


def write_looks(looks: Looks, folder: Location) -> None:
    """A file of each sample, its level in the name of its only other column."""
    for name, sample in zip((_WAITS, _STATED), looks.samples(), strict=True):
        content = _packed(sample)
        _place(folder, name).write(lambda file, content=content: file.write(content))  # type: ignore[misc]


def read_looks(dataset: Dataset) -> Look:
    """Of all batches together."""
    looks = Looks()
    for batch in _telling(dataset):
        folder = dataset.place / batch.name
        waits, stated = (_unpacked(_place(folder, name).read()) for name in (_WAITS, _STATED))
        looks.take(waits[0], stated[0], (waits[1], stated[1]))
    return looks.together()


def write_ranked(ranked: Mapping[str, int], folder: Location) -> None:
    """The sessions of a batch that would be looked at if there were no others."""
    text = json.dumps(ranked, separators=(",", ":")).encode()
    (folder / _RANKED).write(lambda file: file.write(text))


def read_ranked(dataset: Dataset) -> frozenset[str]:
    """Of all batches together."""
    known: dict[str, int] = {}
    for batch in _telling(dataset):
        known.update(json.loads((dataset.place / batch.name / _RANKED).read()))
    return frozenset(first_of(known))


def _telling(dataset: Dataset) -> Sequence[Batch]:
    """The last batch that put sessions together anew looked again at everything; and those after it."""
    batches = dataset.manifest.batches
    anew = [number for number, batch in enumerate(batches) if batch.supersedes]
    return batches[anew[-1] :] if anew else batches


def _place(folder: Location, name: str) -> Location:
    return folder / f"{name}.parquet"


def _packed(sample: Sample) -> bytes:
    stream = io.BytesIO()
    rows = sample.rows.sort(sample.rows.columns, nulls_last=True)
    rows.write_parquet(stream, compression="zstd", metadata={"level": str(sample.level)})
    return stream.getvalue()


def _unpacked(content: bytes) -> tuple[pl.DataFrame, int]:
    level = pl.read_parquet_metadata(io.BytesIO(content))["level"]
    return pl.read_parquet(io.BytesIO(content)), int(level)
