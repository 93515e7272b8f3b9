"""Reading and analysing as one, in memory that has a bound: bucket by bucket where one does not hold all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from agenttrace.cleanups import cleaned_by
from agenttrace.errors import InputError
from agenttrace.report.output_format import OutputFormat
from agenttrace.workers.engine import is_short

if TYPE_CHECKING:
    import pyarrow as pa

    from agenttrace.api.held_traces import Place
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.cutting import Floor
    from agenttrace.critical_path.what_if.spec import Spec
    from agenttrace.ingest.assembly.buckets import Bucket, StoredBucket
    from agenttrace.ingest.assembly.ledger import LedgerRow
    from agenttrace.ingest.reading import Reading
    from agenttrace.model.trace import Trace
    from agenttrace.report.redaction import Redaction
    from agenttrace.report.rendering import Manner
    from agenttrace.report.spool import SessionLine, SessionSpool
    from agenttrace.report.timeline.timeline import Timeline
    from agenttrace.serving.looks import Look
    from agenttrace.serving.service import Service

_SHORT_BYTES = 8 << 20
"""A trace that is held in so many bytes is analysed in a fraction of a second."""

_OF_EACH_SESSION = frozenset({OutputFormat.JSON, OutputFormat.JSONL})


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis; `spool` has what is said of each session, where the analysis is of many buckets.

    `timelines`: the sessions to be drawn, if any are, slowest first.
    """

    analysis: Analysis
    spool: SessionSpool | None = None
    timelines: Sequence[Timeline] = ()

    redaction: Redaction | None = None

    @property
    def lines(self) -> Callable[[], Iterator[bytes]] | None:
        """What the spool says, if there is one."""
        if self.spool is None:
            return None
        if self.redaction is None:
            return self.spool.lines
        spool, redaction = self.spool, self.redaction
        return lambda: map(redaction.line, spool.lines())

    def chosen(self, sessions: Sequence[str]) -> Analysed:
        """Of these sessions alone, by the beginnings of their ids; of all where none is named."""
        from agenttrace.report.selection import select_sessions  # noqa: PLC0415  # heavy

        if not sessions:
            return self
        analysis = select_sessions(self.analysis, sessions)
        there = set(analysis.sessions["session"])
        timelines = [timeline for timeline in self.timelines if timeline.session in there]
        return replace(self, analysis=analysis, timelines=timelines)

    def redacted(self) -> Analysed:
        """Without any word of the trace."""
        from agenttrace.report.redaction import Redaction  # noqa: PLC0415  # heavy

        redaction = Redaction(self.analysis)
        timelines = [redaction.timeline(timeline) for timeline in self.timelines]
        analysis = redaction.analysis(self.analysis)
        return replace(self, analysis=analysis, timelines=timelines, redaction=redaction)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of an analysis: how it is shown, and in which formats.

    `sessions`: the beginnings of ids, of which all lists are kept. `what_if`: the changes to try. `service`: how
    long prefill takes without load, of models that it knows. `drawn`: whether sessions are to be drawn. `tables`: a
    folder that takes all tables, see `report.table_folder`.
    """

    manner: Manner
    formats: Sequence[OutputFormat]
    sessions: Sequence[str] = ()
    what_if: Sequence[Spec] = ()
    service: Service | None = None
    drawn: bool = False
    tables: str | None = None

    @property
    def said(self) -> bool:
        """Whether something is said of each session."""
        return bool(_OF_EACH_SESSION.intersection(self.formats)) and not self.sessions


@dataclass(frozen=True, slots=True)
class _Holding:
    """A bucket, and where its trace goes."""

    bucket: Bucket | StoredBucket
    place: str

    @property
    def is_short(self) -> bool:
        return is_short(self.bucket)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a bucket says of the server, and what was found in it; its trace lies where it was to go.

    `ranked`: of its sessions those that changes may be ranked for, with their spans.
    """

    look: Look
    ranked: Mapping[str, int]
    findings: Sequence[LedgerRow]


@dataclass(frozen=True, slots=True)
class _Work:
    """A trace that is held, what is asked of it, the sessions for which changes are ranked, and what is of no use."""

    place: Place
    asked: Asked
    ranked: Collection[str]
    floor: Floor
    number: int

    @property
    def is_short(self) -> bool:
        return isinstance(self.place, str) and Path(self.place).stat().st_size <= _SHORT_BYTES


@dataclass(frozen=True, slots=True)
class _Part:
    """The analysis of a bucket, without what nobody will look at; `keep`: sessions that all lists are kept of."""

    analysis: Analysis
    keep: frozenset[str]
    lines: Sequence[SessionLine]
    timelines: Sequence[Timeline]


Counted: TypeAlias = Callable[[Iterable[_Part], int], Iterable[_Part]]


def analyse_all(reading: Reading, asked: Asked, stack: ExitStack, counted: Counted | None = None) -> Analysed:
    """The analysis of all that is read; what lies on disk goes with the stack.

    `counted` sees the parts of it go by, and is told how many there will be.
    """
    from agenttrace.critical_path.analysis import analyze, sessions_to_rank  # noqa: PLC0415  # heavy

    buckets = reading.buckets(asked.sessions)
    if len(buckets) == 1 and reading.dataset is None:
        trace = reading.take(buckets[0].assemble())
        whole = replace(trace, findings=reading.findings())
        ranked = _ranked(whole, sessions_to_rank(whole.timed()), asked)
        analysis = analyze(whole, asked.what_if, service=asked.service, ranked=ranked)
        _write_tables(analysis, asked, 0)
        return Analysed(analysis, timelines=_drawn(whole, analysis, asked))
    return _gathered(buckets, reading, asked, stack, counted)


def calibrated_by(path: str) -> Service:
    """How long prefill takes on the server of that trace. Raises InputError where it does not show that."""
    from agenttrace.ingest.reading import read  # noqa: PLC0415  # heavy

    return calibration(read(path), path)


def calibration(trace: Trace, where: str) -> Service:
    """The same of a trace; `where`: what to call it."""
    from agenttrace.serving.looks import seen_in  # noqa: PLC0415  # heavy
    from agenttrace.serving.prefill_time import LEAST_REQUESTS  # noqa: PLC0415
    from agenttrace.serving.service import fit_service  # noqa: PLC0415

    service = fit_service(seen_in(trace))
    if not service.times:
        raise InputError(
            "this trace calibrates nothing",
            where=where,
            hint=f"it takes {LEAST_REQUESTS} requests of a model with token counts and the time to the first token",
        )
    return service.as_calibration()


def _gathered(
    buckets: Sequence[Bucket | StoredBucket],
    reading: Reading,
    asked: Asked,
    stack: ExitStack,
    counted: Counted | None,
) -> Analysed:
    """Two looks at each bucket: at its requests, of which all together say what a queue is, and at everything."""
    from agenttrace.critical_path.gathering import Gathering  # noqa: PLC0415  # heavy
    from agenttrace.report.spool import SessionSpool  # noqa: PLC0415
    from agenttrace.report.timeline.slowest import slowest_of  # noqa: PLC0415

    held = hold_all(buckets, reading, asked.service, stack)
    asked = replace(asked, service=held.service)

    gathering = Gathering()
    spool = stack.enter_context(SessionSpool()) if asked.said else None
    timelines: Sequence[Timeline] = ()
    works = (
        _Work(place, asked, held.ranked, gathering.floor, number) for number, place in enumerate(held.places)
    )
    parts: Iterable[_Part] = reading.map(_analyse, works)
    for part in counted(parts, len(held.places)) if counted else parts:
        gathering.keep |= part.keep
        gathering.add(part.analysis)
        if spool is not None:
            spool.add(part.lines)
        timelines = slowest_of([*timelines, *part.timelines])
    reading.rest()
    return Analysed(gathering.analysis(reading.findings(), _sources(buckets, reading)), spool, timelines)


def _sources(buckets: Sequence[Bucket | StoredBucket], reading: Reading) -> pa.Table:
    """All files that were read."""
    from agenttrace.ingest.assembly.buckets import Bucket  # noqa: PLC0415  # heavy

    if reading.dataset is not None:
        return reading.dataset.sources()
    return next(bucket.about.table for bucket in buckets if isinstance(bucket, Bucket))


@dataclass(frozen=True, slots=True)
class AllHeld:
    """Where the traces of all buckets lie, and what all of them together say.

    `service`: how long prefill takes without load. `ranked`: the sessions for which changes are ranked.
    """

    places: Sequence[Place]
    service: Service
    ranked: Collection[str]


def hold_all(
    buckets: Sequence[Bucket | StoredBucket], reading: Reading, service: Service | None, stack: ExitStack
) -> AllHeld:
    """All traces, until the stack closes, and what all of them together tell.

    Those of a dataset stay there, and what they tell was noted when it was made.
    """
    from agenttrace.api.held_traces import HeldTraces, places_in  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.what_if.ranking import first_sessions  # noqa: PLC0415
    from agenttrace.ingest.kept_looks import read_ranked, read_service  # noqa: PLC0415
    from agenttrace.serving.looks import Looks  # noqa: PLC0415
    from agenttrace.serving.service import Service, fit_service  # noqa: PLC0415

    known = service or Service({})
    if reading.dataset is not None:
        fitted = read_service(reading.dataset)
        return AllHeld(places_in(buckets), known.or_else(fitted), read_ranked(reading.dataset))
    traces = stack.enter_context(HeldTraces())
    stack.enter_context(cleaned_by(traces.close))
    places = traces.places(len(buckets))
    looks, ranked = Looks(), dict[str, int]()
    for held in reading.map(_hold, map(_Holding, buckets, places)):
        reading.take_findings(held.findings)
        looks.add(held.look)
        ranked |= held.ranked
        ranked = {name: ranked[name] for name in first_sessions(ranked)}
    return AllHeld(places, known.or_else(fit_service(looks.together())), frozenset(ranked))


def _hold(work: _Holding) -> _Held:
    """Assembles a bucket and looks at its requests: what an engine maps first."""
    from agenttrace.api.held_traces import hold  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.analysis import sessions_to_rank  # noqa: PLC0415
    from agenttrace.serving.looks import look_at  # noqa: PLC0415

    assembled = work.bucket.assemble()
    hold(assembled.trace, work.place)
    return _Held(look_at(assembled.trace), sessions_to_rank(assembled.trace.timed()), assembled.findings)


def _analyse(work: _Work) -> _Part:
    """The analysis of complete sessions: what an engine maps then."""
    from agenttrace.api.held_traces import release  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415
    from agenttrace.critical_path.cutting import cut  # noqa: PLC0415
    from agenttrace.report import as_json, selection  # noqa: PLC0415
    from agenttrace.report.spool import said_of_each  # noqa: PLC0415

    asked, manner = work.asked, work.asked.manner
    trace = release(work.place)
    ranked = _ranked(trace, work.ranked, asked)
    analysis = analyze(trace, asked.what_if, service=asked.service, ranked=ranked)
    keep = selection.beginning_with(analysis.sessions, asked.sessions) if asked.sessions else frozenset()
    _write_tables(analysis, asked, work.number)
    top = manner.top or as_json.DEFAULT_TOP
    lines = said_of_each(analysis, top, manner.labels) if asked.said else ()
    return _Part(cut(analysis, keep, work.floor), keep, lines, _drawn(trace, analysis, asked))


def _write_tables(analysis: Analysis, asked: Asked, number: int) -> None:
    """All tables of a piece, where they are wanted."""
    from agenttrace.report.selection import beginning_with  # noqa: PLC0415  # hardly ever wanted
    from agenttrace.report.table_folder import write_piece  # noqa: PLC0415

    if asked.tables is not None:
        only = beginning_with(analysis.sessions, asked.sessions) if asked.sessions else None
        write_piece(analysis, asked.tables, number, only)


def _ranked(trace: Trace, ranked: Collection[str], asked: Asked) -> Collection[str]:
    """The sessions for which changes are ranked: those that are asked for by name whatever others there are."""
    from agenttrace.model.frames import plain  # noqa: PLC0415  # heavy
    from agenttrace.report.selection import beginning_with  # noqa: PLC0415

    if not asked.sessions:
        return ranked
    names = plain(trace.sessions.select(["session", "source_id"]))
    return {*ranked, *beginning_with(names, asked.sessions)}


def _drawn(trace: Trace, analysis: Analysis, asked: Asked) -> Sequence[Timeline]:
    """The sessions to be drawn, as they were analysed."""
    from agenttrace.report.timeline.slowest import draw_slowest  # noqa: PLC0415  # hardly ever wanted
    from agenttrace.serving.parting import part_queue  # noqa: PLC0415

    if not asked.drawn:
        return ()
    return draw_slowest(part_queue(trace.timed(), asked.service).trace, analysis, asked.sessions)
