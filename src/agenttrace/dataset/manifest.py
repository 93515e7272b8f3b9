"""What a dataset says of itself: one JSON file, renamed last, that names all that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agenttrace.dataset.location import Location
from agenttrace.errors import InputError
from agenttrace.model.schema import SCHEMA_VERSION

NAME = "agenttrace-dataset.json"
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """What one `ingest` added. `name`: of its folder; `plans`: hashes of inputs and options.

    `partitions`: names of their folders. `supersedes`: partitions of batches before that count no more. `kept_bytes`:
    of raw rows, beside the `stored_bytes` of the tables.
    """

    name: str
    plans: Sequence[str]
    partitions: Sequence[str]
    sources: int
    sessions: int
    spans: int
    stored_bytes: int
    supersedes: Sequence[str] = ()
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """All batches, in the order in which they came. `suspend_after_ns`: how long one may idle before it is sleep."""

    suspend_after_ns: int
    batches: Sequence[Batch] = ()

    def write(self, dataset: Location) -> None:
        """Replaces the one that is there: from now on the dataset is this."""
        about = {"agenttrace_dataset": _VERSION, "schema_version": SCHEMA_VERSION}
        text = json.dumps({**about, **asdict(self)}, indent=1).encode()
        (dataset / NAME).write(lambda file: file.write(text))


def is_dataset(place: Location) -> bool:
    """Whether a dataset is there. A folder that may not be looked into is none: whoever reads it says why."""
    try:
        return (place / NAME).exists()
    except InputError:
        if place.is_remote:
            raise
        return False


def read_manifest(dataset: Location) -> Manifest:
    """What is there now. InputError where it is no dataset, or one that this version cannot read."""
    place = dataset / NAME
    try:
        said: Any = json.loads(place.read())
        versions = said["agenttrace_dataset"], said["schema_version"]
        batches = [Batch(**batch) for batch in said["batches"]]
        manifest = Manifest(int(said["suspend_after_ns"]), batches)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("a damaged manifest", where=place.address, hint="ingest the traces anew") from error
    if versions != (_VERSION, SCHEMA_VERSION):
        raise InputError(
            f"a dataset of version {versions}, not {(_VERSION, SCHEMA_VERSION)}",
            where=place.address,
            hint="ingest the traces anew with this version of agenttrace",
        )
    return manifest
