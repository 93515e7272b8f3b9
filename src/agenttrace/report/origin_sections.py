"""Where a report's figures come from: findings, files, how much is measured, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agenttrace.model.vocabulary import Evidence, Severity
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.headline import plural
from agenttrace.report.lists import distinct_findings
from agenttrace.report.work_sections import rest
from agenttrace.units import format_bytes, format_count, format_duration, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.summary import Summary

Line = tuple[Words | Quoted, ...]


def finding_section(analysis: Analysis, top: int) -> Section | None:
    """What was dropped, repaired, guessed or suspicious, the gravest first."""
    findings = distinct_findings(analysis.findings)
    if not findings.height:
        return None
    shown = findings.head(top)
    return Section(
        "Findings",
        (
            *(Column("", "text"), Column("count"), Column("what", "text")),
            *(Column("example", "text"), Column("first in", "text")),
        ),
        tuple(_finding(row) for row in shown.iter_rows(named=True)),
        rest(findings.height, shown.height),
    )


def _finding(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    severity = row["severity"]
    tone: Mapping[str, Words] = {
        Severity.ERROR: Words(severity, "error"),
        Severity.WARNING: Words(severity, "warning"),
    }
    place = row["file"] if row["line"] is None else f"{row['file']}:{row['line']}"
    return (
        tone.get(severity, Words(severity, "faint")),
        Words(format_count(row["count"])),
        Quoted(row["code"]),
        Quoted(row["example"], "lines"),
        Quoted(place if row["file"] else None, "start"),
    )


def origin(
    analysis: Analysis, summary: Summary, *, top: int, labels: Mapping[str, str], version: str
) -> tuple[Line, ...]:
    """The provenance strip: files and formats, evidence, what is outside the wall time."""
    return (
        *_files(analysis, top),
        (Words(_evidence(analysis, summary)),),
        *(((Words(text),)) for text in _outside(analysis)),
        *(
            ((Words("labels"), *(Quoted(f"{key}={value}") for key, value in labels.items())),)
            if labels
            else ()
        ),
        (Words(f"agenttrace {version}", "faint"),),
    )


def _files(analysis: Analysis, top: int) -> list[Line]:
    sources = analysis.sources.sort("path", maintain_order=True)
    lines: list[Line] = [_file(row) for row in sources.head(top).iter_rows(named=True)]
    left = sources.slice(top)
    if left.height:
        records, size = plural(int(left["records"].sum()), "record"), format_bytes(int(left["bytes"].sum()))
        lines.append((Words(f"and {plural(left.height, 'file')} more: {records}, {size}"),))
    return lines


def _file(row: Mapping[str, Any]) -> Line:
    counts = f"{plural(row['sessions'], 'session')}, {plural(row['records'], 'record')}"
    facts = f"{counts}, {format_bytes(row['bytes'])}"
    dialect = (Quoted(row["dialect"]),) if row["dialect"] else ()
    return Quoted(row["path"], "start"), Words(row["format"], "strong"), *dialect, Words(facts, "faint")


def _evidence(analysis: Analysis, summary: Summary) -> str:
    kinds = ", ".join(
        f"{format_share(summary.evidence_ns[word], summary.total_ns)} {word.value}"
        for word in Evidence
        if summary.evidence_ns[word]
    )
    inferred = int(analysis.sessions["inferred_path_ns"].sum())
    share = format_share(inferred, summary.total_ns)
    hangs = f"; {share} of the path hangs on inferred dependencies" if inferred else ""
    return f"of the time: {kinds or 'nothing known'}{hangs}"


def _outside(analysis: Analysis) -> list[str]:
    sessions = analysis.sessions
    detached = int(sessions["detached_ns"].sum())
    truncated = int(sessions["truncated"].sum())
    texts = []
    if detached:
        texts.append(
            f"{format_duration(detached)} of background work ran on after the end, outside these times"
        )
    if truncated:
        texts.append(f"only a part is in the trace of {plural(truncated, 'session')}")
    return texts
