"""One side of a comparison: traces read and analysed to a row a session, or a baseline that was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agenttrace.cleanups import cleaned_by
from agenttrace.errors import NoDataError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from agenttrace.api.held_traces import Place
    from agenttrace.model.trace import Trace
    from agenttrace.report.timeline.timeline import Timeline
    from agenttrace.serving.service import Service


@dataclass(frozen=True, slots=True)
class SideOptions:
    """How traces are read.

    `service`: how long prefill takes without load, where another trace shows it. `drawn`: whether sessions are to
    be drawn afterwards, for which their traces are kept as long as the stack is open.
    """

    input_format: str | None
    suspend_after_ns: int
    jobs: int
    service: Service | None = None
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class SideRead:
    """A side's sessions, and what reading found. `draw` gives the timelines of sessions by id, as far as it can."""

    sessions: pl.DataFrame
    findings: pa.Table
    draw: Callable[[Sequence[str]], dict[str, Timeline]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class _Work:
    place: Place
    service: Service
    keep: bool


def summaries_of(path: str, options: SideOptions, stack: ExitStack) -> SideRead:
    """Of a trace, a folder, a glob, or a saved baseline. Raises NoDataError where there is no session with times."""
    from agenttrace.api.baselines import is_baseline, load_baseline  # noqa: PLC0415  # heavy
    from agenttrace.model.schema import FINDINGS  # noqa: PLC0415

    found = (
        SideRead(load_baseline(path), FINDINGS.empty) if is_baseline(path) else _read([path], options, stack)
    )
    if not found.sessions.height:
        raise NoDataError(
            "no session with timings",
            where=path,
            hint="`agenttrace doctor` and `agenttrace formats` tell what can be read",
        )
    return found


def _read(paths: Sequence[str], options: SideOptions, stack: ExitStack) -> SideRead:
    import polars as pl  # noqa: PLC0415  # heavy

    from agenttrace.api.analyzing import hold_all  # noqa: PLC0415
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415
    from agenttrace.diff.summaries import empty, summarise_sessions  # noqa: PLC0415
    from agenttrace.ingest.reading import Reading  # noqa: PLC0415

    opened = Reading(
        list(paths),
        input_format=options.input_format,
        suspend_after_ns=options.suspend_after_ns,
        jobs=options.jobs,
    )
    reading = stack.enter_context(opened)
    stack.enter_context(cleaned_by(reading.close))
    buckets = reading.buckets()
    if len(buckets) == 1:
        trace = reading.take(buckets[0].assemble())
        summaries = summarise_sessions(trace, analyze(trace, service=options.service, ranked=()))
        if not options.drawn:
            return SideRead(summaries, reading.findings())
        draw = partial(_drawn, lambda: iter([trace]), options.service)
        return SideRead(summaries, reading.findings(), draw)
    held = hold_all(buckets, reading, options.service, stack)
    works = (_Work(place, held.service, options.drawn) for place in held.places)
    parts = list(reading.map(_summarise, works))
    draw = partial(_drawn, lambda: _kept(held.places), held.service)
    return SideRead(pl.concat([empty(), *parts]).sort("start_ns", "session"), reading.findings(), draw)


def _summarise(work: _Work) -> pl.DataFrame:
    """The summaries of complete sessions: what an engine maps."""
    from agenttrace.api.held_traces import release  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415
    from agenttrace.diff.summaries import summarise_sessions  # noqa: PLC0415

    trace = release(work.place, keep=work.keep)
    return summarise_sessions(trace, analyze(trace, service=work.service, ranked=()))


def _kept(places: Sequence[Place]) -> Iterator[Trace]:
    from agenttrace.api.held_traces import release  # noqa: PLC0415  # heavy

    for place in places:
        yield release(place, keep=True)


def _drawn(
    traces: Callable[[], Iterator[Trace]], service: Service | None, sessions: Sequence[str]
) -> dict[str, Timeline]:
    """The timelines of these sessions, as they were analysed."""
    from agenttrace.report.timeline.timeline import timelines  # noqa: PLC0415  # hardly ever wanted
    from agenttrace.serving.parting import part_queue  # noqa: PLC0415

    wanted = set(sessions)
    found: dict[str, Timeline] = {}
    for trace in traces():
        there = sorted(wanted.intersection(trace.sessions.column("session").to_pylist()))
        if there:
            parted = part_queue(trace.timed(), service).trace
            found |= {one.session: one for one in timelines(parted, there)}
    return found
