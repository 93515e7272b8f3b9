"""`export`: sessions in the formats of other tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from agenttrace import __version__
from agenttrace.api.inputs import Sessions, trace_of
from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.errors import NoDataError, UsageError, meant
from agenttrace.model.trace import Trace
from agenttrace.replay.caution import Caution
from agenttrace.replay.workload import Workload, read_workload
from agenttrace.report.agentic_mooncake import lengths_unknown, to_agentic_mooncake
from agenttrace.report.otlp_lines import to_otlp
from agenttrace.report.perfetto.export import to_perfetto
from agenttrace.report.redaction import Redaction
from agenttrace.report.selection import select_sessions
from agenttrace.report.spans_jsonl import to_spans_jsonl
from agenttrace.report.timeline.timeline import slowest_timelines
from agenttrace.serving.parting import part_queue
from agenttrace.serving.service import Service

MOST_EXPORTED = 200
"""Sessions in one file of Perfetto, the slowest ones."""


PERFETTO, OTLP, SPANS_JSONL, AGENTIC_MOONCAKE = "perfetto", "otlp", "spans-jsonl", "agentic-mooncake"
TARGETS = (PERFETTO, OTLP, SPANS_JSONL, AGENTIC_MOONCAKE)


class Exported(bytes):
    """A file, and in `findings` what has to be known of it: code, severity, count and example."""

    findings: list[dict[str, Any]]


def export(
    sessions: Sessions,
    to: str,
    *,
    only: Sequence[str] = (),
    redact: bool = False,
    input_format: str | None = None,
) -> Exported:
    """Sessions as a file of "perfetto", "otlp", "spans-jsonl" or "agentic-mooncake".

    `only`: beginnings of ids of sessions. `redact`: without any word of the trace. NoDataError where no session is
    left, UsageError for another format. `findings` of the result: of "agentic-mooncake" the lengths that nobody stated.

    >>> import agenttrace
    >>> lines = agenttrace.export("sample_traces/claude-code/fan-out.jsonl", "spans-jsonl").splitlines()
    >>> len(lines) > 14
    True
    """
    said: list[Caution] = []
    trace = trace_of(sessions, input_format=input_format)
    found = Exported(b"".join(pieces_of(trace, to, only, redact=redact, said=said)))
    found.findings = [asdict(one) for one in said]
    return found


def pieces_of(
    trace: Trace, to: str, only: Sequence[str] = (), *, redact: bool = False, said: list[Caution]
) -> Iterator[bytes]:
    """The same as pieces to be written one after the other. `said`: takes what has to be known of them."""
    if to not in TARGETS:
        raise UsageError(f"no format to export to: {to}", hint=meant(to, TARGETS))
    if to == PERFETTO:
        analysis = analyze(trace)
        if not analysis.sessions.height:
            raise NoDataError("no session with timings")
        return perfetto_of(trace, select_sessions(analysis, only) if only else analysis, redact=redact)
    known = [str(name) for name in trace.sessions["session"].to_pylist()]
    chosen = [name for name in known if not only or name.startswith(tuple(only))]
    if not chosen:
        raise NoDataError("no session of that name" if known else "no session")
    if to == OTLP:
        return _spans(trace.only(chosen), redact=redact)
    if to == SPANS_JSONL:
        return to_spans_jsonl(trace.only(chosen), redact=redact)
    workload = read_workload(trace.only(chosen))
    said += _of_lengths(workload)
    return to_agentic_mooncake(workload, redact=redact)


def _of_lengths(workload: Workload) -> list[Caution]:
    unknown = lengths_unknown(workload)
    if not unknown:
        return []
    example = (
        f"of {unknown} of {len(workload.requests)} requests no token counts are known, or only placeholders: "
        "their lengths are written as 1"
    )
    return [Caution("lengths_unknown", "warning", unknown, example)]


def _spans(trace: Trace, *, redact: bool) -> Iterator[bytes]:
    if not trace.timed().sessions.num_rows:
        what = "no session of which the source says how long things took"
        raise NoDataError(what, hint=f"{AGENTIC_MOONCAKE} takes those")
    return to_otlp(trace, __version__, redact=redact)


def perfetto_of(
    trace: Trace, analysis: Analysis, *, redact: bool, service: Service | None = None
) -> Iterator[bytes]:
    """The slowest sessions of an analysis of this trace. `service`: where it is fitted to more than this trace."""
    drawn = slowest_timelines(part_queue(trace.timed(), service).trace, analysis.sessions, MOST_EXPORTED)
    return iter(to_perfetto(map(Redaction(analysis).timeline, drawn) if redact else drawn))
