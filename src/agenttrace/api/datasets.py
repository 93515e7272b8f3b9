"""`write_dataset`: traces as a Parquet dataset."""

from __future__ import annotations

from pathlib import Path

from agenttrace.api.inputs import Paths
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Batch
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS
from agenttrace.ingest.compacting import compact as compacted
from agenttrace.ingest.ingesting import ingest
from agenttrace.ingest.undertaking import HowToRead


def write_dataset(
    paths: Paths,
    dataset: str | Path,
    *,
    compact: bool = False,
    input_format: str | None = None,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
    jobs: int = 1,
    engine: str = "local",
) -> Batch:
    """Adds the sessions of files to a dataset, which is made if need be, and which is a path for every function here.

    A session is never split. The same files add nothing a second time; after a kill it goes on where it was.
    `compact`: fold what was added into the rest. `dataset`: a folder, or an address such as `s3://...`. Of no paths
    at all, only what `compact` asks for is done. Returns what was written last.

    >>> import agenttrace, tempfile, pathlib
    >>> month = pathlib.Path(tempfile.mkdtemp(), "month")
    >>> agenttrace.write_dataset("sample_traces/claude-code/fan-out.jsonl", month).sessions
    1
    >>> agenttrace.analyze(month).sessions.height
    1
    """
    names = [str(paths)] if isinstance(paths, str | Path) else [str(path) for path in paths]
    place = Location(str(dataset))
    if names:
        how = HowToRead(input_format, suspend_after_ns, jobs, engine)
        batch = ingest(names, place, how).batch
        return compacted(place) if compact else batch
    return compacted(place)
