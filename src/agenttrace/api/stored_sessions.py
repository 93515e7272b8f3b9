"""What `export` reads: of a dataset the sessions that it writes, and no more."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from agenttrace.api.analyzing import Asked, analyse_all
from agenttrace.api.exporting import MOST_EXPORTED, PERFETTO, perfetto_of, pieces_of
from agenttrace.api.held_traces import ANALYSED
from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.slowness import slowest
from agenttrace.dataset.partition import EVERYTHING, Wanted, in_time
from agenttrace.dataset.stored import Dataset
from agenttrace.errors import NoDataError
from agenttrace.ingest.assembly.store import MEMORY_BYTES
from agenttrace.ingest.kept_looks import read_service
from agenttrace.ingest.reading import Reading, dataset_among
from agenttrace.model.trace import Trace
from agenttrace.replay.caution import Caution
from agenttrace.report.rendering import Manner


def opened(paths: Sequence[str], input_format: str | None, suspend_after_ns: int) -> Reading:
    """A dataset is read piece by piece, files at once."""
    stored = dataset_among(paths, input_format) is not None
    return Reading(
        paths,
        input_format=input_format,
        suspend_after_ns=suspend_after_ns,
        memory_bytes=MEMORY_BYTES if stored else sys.maxsize,
    )


def pieces_exported(
    reading: Reading, to: str, only: Sequence[str], *, redact: bool, said: list[Caution]
) -> Iterator[bytes]:
    """As `exporting.pieces_of` has them of all that is read."""
    dataset = reading.dataset
    if dataset is None:
        (trace,) = reading.traces()
        return pieces_of(trace, to, only, redact=redact, said=said)
    if to == PERFETTO:
        return _slowest(reading, dataset, only, redact=redact)
    trace = _holding(dataset, only, EVERYTHING) if only else dataset.whole().trace()
    return pieces_of(trace, to, only, redact=redact, said=said)


def _slowest(reading: Reading, dataset: Dataset, only: Sequence[str], *, redact: bool) -> Iterator[bytes]:
    """All sessions are analysed, partition after partition, and the slowest are read again."""
    with ExitStack() as stack:
        found: Analysis = analyse_all(reading, Asked(Manner(), (), only), stack).chosen(only).analysis
    if not found.sessions.height:
        raise NoDataError("no session with timings")
    names: list[str] = slowest(found.sessions, MOST_EXPORTED)["session"].to_list()
    trace = _holding(dataset, names, ANALYSED).only(names)
    return perfetto_of(trace, found, redact=redact, service=read_service(dataset))


def _holding(dataset: Dataset, beginnings: Sequence[str], wanted: Wanted) -> Trace:
    """Sessions of which an id begins so, and of them what is wanted; nothing else of it is read."""
    pieces = [piece.only(wanted).trace() for piece in dataset.holding(beginnings)]
    if not pieces:
        raise NoDataError("no session of that name")
    return in_time(pieces, dataset.sources())
