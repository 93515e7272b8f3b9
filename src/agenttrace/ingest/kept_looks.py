"""What all sessions of a batch tell of the server, kept: whoever looks at one session knows what a queue is there."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from agenttrace.critical_path.what_if.ranking import first_of
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Batch
from agenttrace.dataset.stored import Dataset
from agenttrace.serving.looks import Look, Looks
from agenttrace.serving.prefill_time import PrefillTime
from agenttrace.serving.sampling import Sample
from agenttrace.serving.service import Service, fit_service

_WAITS, _STATED, _RANKED, _SERVICE = "waits", "stated", "ranked.json", "service.json"


def write_looks(looks: Looks, folder: Location) -> None:
    """A file of each sample, its level in the name of its only other column."""
    for name, sample in zip((_WAITS, _STATED), looks.samples(), strict=True):
        content = _packed(sample)
        _place(folder, name).write(lambda file, content=content: file.write(content))  # type: ignore[misc]


def write_service(dataset: Location, batches: Sequence[Batch]) -> None:
    """What these batches say of the server together, into the folder of the last one: fitting it takes a while."""
    text = json.dumps(_said(fit_service(_looks(dataset, batches))), indent=1).encode()
    (dataset / batches[-1].name / _SERVICE).write(lambda file: file.write(text))


def read_service(dataset: Dataset) -> Service:
    """What all batches say of the server together."""
    batches = dataset.manifest.batches
    said = json.loads((dataset.place / batches[-1].name / _SERVICE).read())
    times = {
        (model, told_by, begins): PrefillTime(**time) for (model, told_by, begins), time in said["times"]
    }
    stated = {model: cost if isinstance(cost, str) else PrefillTime(**cost) for model, cost in said["stated"]}
    return Service(times, stated)


def _said(service: Service) -> dict[str, Any]:
    """As JSON has it; numbers come back as they are."""
    stated = [
        [model, cost if isinstance(cost, str) else asdict(cost)]
        for model, cost in (service.stated or {}).items()
    ]
    return {"times": [[list(key), asdict(time)] for key, time in service.times.items()], "stated": stated}


def _looks(dataset: Location, batches: Sequence[Batch]) -> Look:
    """Of all batches together."""
    looks = Looks()
    for batch in _telling(batches):
        folder = dataset / batch.name
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
    for batch in _telling(dataset.manifest.batches):
        known.update(json.loads((dataset.place / batch.name / _RANKED).read()))
    return frozenset(first_of(known))


def _telling(batches: Sequence[Batch]) -> Sequence[Batch]:
    """The last batch that put sessions together anew looked again at everything; and those after it."""
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
