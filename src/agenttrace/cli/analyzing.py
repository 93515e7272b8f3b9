"""Reading and analysing as one, in memory that has a bound: trace by trace where one does not hold all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from agenttrace.report.output_format import OutputFormat

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.what_if.spec import Spec
    from agenttrace.ingest.reading import Reading
    from agenttrace.model.trace import Trace
    from agenttrace.report.rendering import Manner
    from agenttrace.report.spool import SessionSpool

_OF_EACH_SESSION = frozenset({OutputFormat.JSON, OutputFormat.JSONL})


@dataclass(frozen=True, slots=True)
class Asked:
    """`sessions`: the beginnings of ids, of which all lists are kept; `what_if`: the changes to try."""

    sessions: Sequence[str] = ()
    what_if: Sequence[Spec] = ()


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis; `spool` has what is said of each session, where the analysis is of many traces."""

    analysis: Analysis
    spool: SessionSpool | None = None

    @property
    def lines(self) -> Callable[[], Iterator[bytes]] | None:
        """What the spool says, if there is one."""
        return self.spool.lines if self.spool is not None else None


def analyse_all(
    reading: Reading,
    manner: Manner,
    formats: Sequence[OutputFormat],
    asked: Asked,
    stack: ExitStack,
) -> Analysed:
    """The analysis of all that is read; the one that is wanted of each session, for the formats that say it.

    What lies on disk goes with the stack.
    """
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy

    traces = reading.traces()
    first = next(traces)
    second = next(traces, None)
    if second is None:
        return Analysed(analyze(replace(first, findings=reading.findings()), asked.what_if))
    return _gathered(chain((first, second), traces), reading, manner, formats, asked, stack)


def _gathered(
    traces: Iterator[Trace],
    reading: Reading,
    manner: Manner,
    formats: Sequence[OutputFormat],
    asked: Asked,
    stack: ExitStack,
) -> Analysed:
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.gathering import Gathering  # noqa: PLC0415
    from agenttrace.report import as_json, selection  # noqa: PLC0415
    from agenttrace.report.spool import SessionSpool  # noqa: PLC0415

    gathering = Gathering()
    spool = None
    if _OF_EACH_SESSION.intersection(formats) and not asked.sessions:
        spool = stack.enter_context(SessionSpool(manner.top or as_json.DEFAULT_TOP, manner.labels))
    for trace in traces:
        part = analyze(trace, asked.what_if)
        if asked.sessions:
            gathering.keep |= selection.beginning_with(part, asked.sessions)
        if spool is not None:
            spool.add(part)
        gathering.add(part)
    return Analysed(gathering.analysis(reading.findings()), spool)
