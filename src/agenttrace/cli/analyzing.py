"""Reading and analysing as one, in memory that has a bound: bucket by bucket where one does not hold all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agenttrace.report.output_format import OutputFormat

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.ingest.assembly.buckets import Bucket
    from agenttrace.ingest.assembly.ledger import LedgerRow
    from agenttrace.ingest.reading import Reading
    from agenttrace.report.rendering import Manner
    from agenttrace.report.spool import SessionLine, SessionSpool

_OF_EACH_SESSION = frozenset({OutputFormat.JSON, OutputFormat.JSONL})


@dataclass(frozen=True, slots=True)
class Analysed:
    """An analysis; `spool` has what is said of each session, where the analysis is of many buckets."""

    analysis: Analysis
    spool: SessionSpool | None = None

    @property
    def lines(self) -> Callable[[], Iterator[bytes]] | None:
        """What the spool says, if there is one."""
        return self.spool.lines if self.spool is not None else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is kept of a bucket: all lists of sessions whose ids begin so; and a line of each session, if `said`."""

    sessions: Sequence[str]
    said: bool
    top: int
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Work:
    """A bucket, and what is wanted of it."""

    bucket: Bucket
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class _Part:
    """The analysis of a bucket, without what nobody will look at; `keep`: sessions that all lists are kept of."""

    analysis: Analysis
    keep: frozenset[str]
    lines: Sequence[SessionLine]
    findings: Sequence[LedgerRow]


def analyse_all(
    reading: Reading,
    manner: Manner,
    formats: Sequence[OutputFormat],
    wanted: Sequence[str],
    stack: ExitStack,
) -> Analysed:
    """The analysis of all that is read; the one that is wanted of each session, for the formats that say it.

    `wanted`: the beginnings of ids of sessions, of which all lists are kept. What lies on disk goes with the stack.
    """
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy
    from agenttrace.report import as_json  # noqa: PLC0415

    buckets = reading.buckets()
    if len(buckets) == 1:
        trace = reading.take(buckets[0].assemble())
        return Analysed(analyze(replace(trace, findings=reading.findings())))
    said = bool(_OF_EACH_SESSION.intersection(formats)) and not wanted
    return _gathered(
        buckets, reading, Wanted(wanted, said, manner.top or as_json.DEFAULT_TOP, manner.labels), stack
    )


def _gathered(buckets: Sequence[Bucket], reading: Reading, wanted: Wanted, stack: ExitStack) -> Analysed:
    from agenttrace.critical_path.gathering import Gathering  # noqa: PLC0415  # heavy
    from agenttrace.report.spool import SessionSpool  # noqa: PLC0415

    gathering = Gathering()
    spool = stack.enter_context(SessionSpool()) if wanted.said else None
    for part in reading.map(_analyse, (_Work(bucket, wanted) for bucket in buckets)):
        reading.take_findings(part.findings)
        gathering.keep |= part.keep
        gathering.add(part.analysis)
        if spool is not None:
            spool.add(part.lines)
    return Analysed(gathering.analysis(reading.findings()), spool)


def _analyse(work: _Work) -> _Part:
    """The analysis of complete sessions: what an engine maps over the buckets."""
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # heavy
    from agenttrace.critical_path.gathering import cut  # noqa: PLC0415
    from agenttrace.report import selection  # noqa: PLC0415
    from agenttrace.report.spool import said_of_each  # noqa: PLC0415

    wanted = work.wanted
    assembled = work.bucket.assemble()
    analysis = analyze(assembled.trace)
    keep = selection.beginning_with(analysis, wanted.sessions) if wanted.sessions else frozenset()
    lines = said_of_each(analysis, wanted.top, wanted.labels) if wanted.said else ()
    return _Part(cut(analysis, keep), keep, lines, assembled.findings)
