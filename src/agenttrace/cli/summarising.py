"""One side of a comparison: traces read and analysed to a row a session, or a baseline that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenttrace.errors import NoDataError

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from agenttrace.cli.held_traces import Place
    from agenttrace.serving.service import Service


@dataclass(frozen=True, slots=True)
class SideOptions:
    """How traces are read; `service`: how long prefill takes without load, where another trace shows it."""

    input_format: str | None
    suspend_after_ns: int
    jobs: int
    service: Service | None = None


@dataclass(frozen=True, slots=True)
class SideRead:
    """A side's sessions, and what reading found."""

    sessions: pl.DataFrame
    findings: pa.Table


@dataclass(frozen=True, slots=True)
class _Work:
    place: Place
    service: Service


def summaries_of(path: str, options: SideOptions, stack: ExitStack) -> SideRead:
    """Of a trace, a folder, a glob, or a saved baseline. Raises NoDataError where there is no session with times."""
    from agenttrace.cli.baselines import is_baseline, load_baseline  # noqa: PLC0415  # heavy
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

    from agenttrace.cli import interrupts  # noqa: PLC0415
    from agenttrace.cli.analyzing import hold_all  # noqa: PLC0415
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
    stack.enter_context(interrupts.cleaned_by(reading.close))
    buckets = reading.buckets()
    if len(buckets) == 1:
        trace = reading.take(buckets[0].assemble())
        return SideRead(
            summarise_sessions(trace, analyze(trace, service=options.service, ranked=())), reading.findings()
        )
    held = hold_all(buckets, reading, options.service, stack)
    parts = list(reading.map(_summarise, (_Work(place, held.service) for place in held.places)))
    return SideRead(pl.concat([empty(), *parts]).sort("start_ns", "session"), reading.findings())


def _summarise(work: _Work) -> pl.DataFrame:
    """The summaries of complete sessions: what an engine maps."""
    from agenttrace.cli.held_traces import release  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415
    from agenttrace.diff.summaries import summarise_sessions  # noqa: PLC0415

    trace = release(work.place)
    return summarise_sessions(trace, analyze(trace, service=work.service, ranked=()))
