"""The sessions that `export` draws: of a dataset no more than these are held at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from agenttrace.cli.analyzing import Asked, analyse_all
from agenttrace.cli.checks import require_sessions
from agenttrace.cli.held_traces import ANALYSED
from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.dataset.partition import EVERYTHING, Wanted, in_time
from agenttrace.dataset.stored import Dataset
from agenttrace.ingest.assembly.store import MEMORY_BYTES
from agenttrace.ingest.kept_looks import read_service
from agenttrace.ingest.reading import Reading, dataset_among
from agenttrace.model.trace import Trace
from agenttrace.report.redaction import Redaction
from agenttrace.report.rendering import Manner
from agenttrace.report.selection import select_sessions
from agenttrace.report.timeline.timeline import Timeline, slowest_timelines
from agenttrace.serving.parting import part_queue


def opened(paths: Sequence[str], input_format: str | None, suspend_after_ns: int) -> Reading:
    """A dataset is read piece by piece, files at once."""
    stored = dataset_among(paths, input_format) is not None
    return Reading(
        paths,
        input_format=input_format,
        suspend_after_ns=suspend_after_ns,
        memory_bytes=MEMORY_BYTES if stored else sys.maxsize,
    )


def slowest_drawn(
    reading: Reading, sessions: Sequence[str], most: int, *, redact: bool
) -> Iterator[Timeline]:
    """Of the sessions with these ids, or of all, the slowest, so many at most, in the order of their start."""
    if reading.dataset is None:
        (trace,) = reading.traces()
        analysis = require_sessions(analyze(replace(trace, findings=reading.findings())))
        service = None
    else:
        analysis = _analysis(reading, sessions)
        trace = _slowest(reading.dataset, analysis, most)
        service = read_service(reading.dataset)
    if sessions:
        analysis = select_sessions(analysis, sessions)
    drawn = slowest_timelines(part_queue(trace.timed(), service).trace, analysis.sessions, most)
    return map(Redaction(analysis).timeline, drawn) if redact else drawn


def _analysis(reading: Reading, sessions: Sequence[str]) -> Analysis:
    """Partition after partition."""
    with ExitStack() as stack:
        found = analyse_all(reading, Asked(Manner(), (), sessions), stack)
    return require_sessions(found.chosen(sessions).analysis)


def _slowest(dataset: Dataset, analysis: Analysis, most: int) -> Trace:
    slowest = analysis.sessions.sort("wall_ns", "session", descending=[True, False]).head(most)
    names: list[str] = slowest["session"].to_list()
    return stored_sessions(dataset, names, ANALYSED)


def trace_of(reading: Reading, sessions: Sequence[str]) -> Trace:
    """All that is known of the sessions of these names, or of all."""
    if reading.dataset is not None:
        stored = reading.dataset
        return stored_sessions(stored, sessions, EVERYTHING) if sessions else stored.whole().trace()
    (trace,) = reading.traces()
    return trace


def stored_sessions(dataset: Dataset, names: Sequence[str], wanted: Wanted) -> Trace:
    """Some sessions of a dataset, by their names, and of them what is wanted; nothing else of it is read."""
    pieces = [piece.only(wanted).trace() for piece in dataset.holding(names)]
    return in_time(pieces, dataset.sources()).only(list(names))
