"""Reading and analysing as one, in memory that has a bound: trace by trace where one does not hold all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from agenttrace.errors import InputError
from agenttrace.report.output_format import OutputFormat

if TYPE_CHECKING:
    from agenttrace.cli.held_traces import HeldTraces
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.what_if.spec import Spec
    from agenttrace.ingest.reading import Reading
    from agenttrace.model.trace import Trace
    from agenttrace.report.rendering import Manner
    from agenttrace.report.spool import SessionSpool
    from agenttrace.serving.service import Service

_OF_EACH_SESSION = frozenset({OutputFormat.JSON, OutputFormat.JSONL})


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis; `spool` has what is said of each session, where the analysis is of many traces."""

    analysis: Analysis
    spool: SessionSpool | None = None

    @property
    def lines(self) -> Callable[[], Iterator[bytes]] | None:
        """What the spool says, if there is one."""
        return self.spool.lines if self.spool is not None else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of an analysis: how it is shown, and in which formats.

    `sessions`: the beginnings of ids, of which all lists are kept. `what_if`: the changes to try. `service`: how
    long prefill takes without load, of models that it knows.
    """

    manner: Manner
    formats: Sequence[OutputFormat]
    sessions: Sequence[str] = ()
    what_if: Sequence[Spec] = ()
    service: Service | None = None


def analyse_all(reading: Reading, asked: Asked, stack: ExitStack) -> Analysed:
    """The analysis of all that is read; what lies on disk goes with the stack."""
    from agenttrace.cli.held_traces import HeldTraces  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415

    traces = reading.traces()
    first = next(traces)
    second = next(traces, None)
    if second is None:
        whole = replace(first, findings=reading.findings())
        return Analysed(analyze(whole, asked.what_if, service=asked.service))
    held = stack.enter_context(HeldTraces())
    known = _held(chain((first, second), traces), held, asked.service)
    return _gathered(held, reading, replace(asked, service=known), stack)


def _held(traces: Iterator[Trace], held: HeldTraces, service: Service | None) -> Service:
    """How long prefill takes in all of the traces together, which are then held."""
    import polars as pl  # noqa: PLC0415  # heavy

    from agenttrace.serving.observations import observe  # noqa: PLC0415
    from agenttrace.serving.service import Service, fit_service  # noqa: PLC0415

    observed = []
    for trace in traces:
        observed.append(observe(trace))
        held.add(trace)
    return (service or Service({})).or_else(fit_service(pl.concat(observed)))


def calibrated_by(path: str) -> Service:
    """How long prefill takes on the server of that trace. Raises InputError where it does not show that."""
    from agenttrace.ingest.reading import read  # noqa: PLC0415  # heavy
    from agenttrace.serving.observations import observe  # noqa: PLC0415
    from agenttrace.serving.service import LEAST_REQUESTS, fit_service  # noqa: PLC0415

    service = fit_service(observe(read(path)))
    if not service.times:
        raise InputError(
            "this trace calibrates nothing",
            where=path,
            hint=f"it takes {LEAST_REQUESTS} requests of a model with token counts and the time to the first token",
        )
    return service.as_calibration()


def _gathered(traces: Iterable[Trace], reading: Reading, asked: Asked, stack: ExitStack) -> Analysed:
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.gathering import Gathering  # noqa: PLC0415
    from agenttrace.report import as_json, selection  # noqa: PLC0415
    from agenttrace.report.spool import SessionSpool  # noqa: PLC0415

    gathering = Gathering()
    spool = None
    if _OF_EACH_SESSION.intersection(asked.formats) and not asked.sessions:
        spool = stack.enter_context(
            SessionSpool(asked.manner.top or as_json.DEFAULT_TOP, asked.manner.labels)
        )
    for trace in traces:
        part = analyze(trace, asked.what_if, service=asked.service)
        if asked.sessions:
            gathering.keep |= selection.beginning_with(part, asked.sessions)
        if spool is not None:
            spool.add(part)
        gathering.add(part)
    return Analysed(gathering.analysis(reading.findings()), spool)
