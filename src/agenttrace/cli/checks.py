"""When what was read is not good enough: nothing to analyse, or findings where none may be."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agenttrace.errors import NoDataError, StrictError, UsageError
from agenttrace.model.vocabulary import Severity
from agenttrace.report.escaping import printable

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.what_if.spec import Spec

NO_TIMINGS = "no_timings"
"""The finding of sessions that do not say how long anything took: workloads, and some transcripts."""

_GRAVE = {Severity.WARNING.value, Severity.ERROR.value}
NOT_STRICT = ("joined_lines", "repaired_line", "torn_last_line")
"""Findings of no weight, of what a strict reader refuses all the same."""


def refuse_findings(findings: pa.Table) -> None:
    """Raises StrictError if reading dropped or repaired anything."""
    rows = findings.to_pylist()
    grave = [row for row in rows if row["severity"] in _GRAVE or row["code"] in NOT_STRICT]
    if not grave:
        return
    first = grave[0]
    place = first["file"] if first["line"] is None else f"{first['file']}:{first['line']}"
    total = sum(row["count"] for row in grave)
    example = f": {first['example']}" if first["example"] else ""
    raise StrictError(
        f"{first['code']}{example} ({total} such faults in all)",
        where=place,
        hint="without --strict the rest is analysed, and the faults are shown as findings",
    )


def require_sessions(analysis: Analysis) -> Analysis:
    """The analysis, if there is anything in it; NoDataError says what was read instead."""
    if analysis.sessions.height:
        return analysis
    sources = analysis.sources
    if not sources.height:
        raise _nothing_read(analysis.findings)
    records = int(sources["records"].sum())
    untimed = analysis.findings.filter(analysis.findings["code"] == NO_TIMINGS)
    if untimed.height:
        raise NoDataError(
            f"no session with timings, {int(untimed['count'].sum())} without: {untimed['example'][0]}",
            where=sources["path"][0] if sources.height == 1 else None,
            hint="traces of a run of it (a server's, a gateway's, an agent's) have times; "
            "`agenttrace formats` tells which formats state them",
        )
    files = "" if sources.height == 1 else f" of {sources.height} files"
    raise NoDataError(
        f"no session with timings in {records} {'record' if records == 1 else 'records'}{files}",
        where=sources["path"][0] if sources.height == 1 else None,
        hint=_suspicion(analysis.findings) or "`agenttrace formats` tells what can be read",
    )


def _nothing_read(findings: pl.DataFrame) -> NoDataError:
    if not findings.height:
        return NoDataError(
            "there is no file to be read",
            hint="name the folder or the files that a program wrote; what is hidden is read where it is named",
        )
    worst = findings.sort("count", descending=True, maintain_order=True).row(0, named=True)
    more = f" and {findings.height - 1} more" if findings.height > 1 else ""
    return NoDataError(
        f"no trace in what is there: {worst['file']}{more}: {worst['example'] or worst['code']}",
        hint="`agenttrace doctor PATH` says of each file why; `agenttrace formats` tells what can be read",
    )


def _suspicion(findings: pl.DataFrame) -> str | None:
    if not findings.height:
        return None
    worst = findings.sort("count", descending=True, maintain_order=True).row(0, named=True)
    example = f", for example {worst['example']}" if worst["example"] else ""
    return f"{worst['count']} × {worst['code']}{example}"


def mention_findings(analysis: Analysis) -> None:
    """For output that nobody reads as it is: says on standard error that there are findings."""
    grave = analysis.findings.filter(analysis.findings["severity"].is_in(sorted(_GRAVE)))
    if grave.height:
        codes = ", ".join(sorted({str(code) for code in grave["code"]}))
        sys.stderr.write(f"note: {int(grave['count'].sum())} findings: {printable(codes)}\n")


def mention_sources(analysis: Analysis) -> None:
    """Says on standard error what each file was taken for."""
    for row in analysis.sources.iter_rows(named=True):
        counts = f"{row['records']} records, {row['sessions']} sessions"
        sys.stderr.write(f"{printable(row['path'])}: {row['format']}, {counts}\n")


def mention_unmatched(analysis: Analysis, specs: Sequence[Spec]) -> None:
    """Says on standard error which names in what-ifs are those of nothing."""
    from agenttrace.critical_path.what_if.unmatched import unmatched  # noqa: PLC0415  # heavy

    for name, hint in unmatched(analysis, specs):
        sys.stderr.write(f"note: --what-if: nothing here is {printable(name)}; {printable(hint)}\n")


def mention_content() -> None:
    """Says that `--include-content` changes nothing: there is no content to include."""
    sys.stderr.write(
        "note: --include-content: there is nothing to include; agenttrace reads no prompts, answers or tool arguments\n"
    )


def refuse_inputs_as_outputs(paths: Sequence[str], outputs: Mapping[str, str | None]) -> None:
    """Raises UsageError where an output would be written over an input: a forgotten file name, most likely."""
    for option, output in outputs.items():
        if output and any(_is_same_file(path, output) for path in paths):
            raise UsageError(
                f"{option} {output}: that is an input", hint=f"{option} wants a place to write to"
            )


def _is_same_file(path: str, output: str) -> bool:
    one, other = Path(path), Path(output)
    return one.is_file() and other.is_file() and one.samefile(other)
