"""The sections about time: phases and purposes of the critical path, percentiles, the slowest sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.critical_path.other_reading import summed_reading
from agenttrace.critical_path.slowness import IDLE, slowest
from agenttrace.critical_path.summary import ENOUGH_FOR_P95, ENOUGH_FOR_P99, Quantiles, Summary
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Tone, Words
from agenttrace.report.headline import mostly
from agenttrace.units import format_count, format_duration, format_factor, format_share

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_TOLD_PHASES = 4


def phase_section(analysis: Analysis, summary: Summary) -> Section:
    """What was waited for, beside what agents were busy with; a phase can be much of one only."""
    path, busy = summary.critical_path_ns, summary.busy_ns
    total, all_busy = summary.total_ns, sum(busy.values())
    evidence = _evidence_by_phase(analysis.shares)
    shown = sorted((p for p in Phase if path[p] or busy[p]), key=lambda p: (-path[p], -busy[p]))
    rows: list[tuple[Cell, ...]] = [
        (
            Words(phase.value),
            *_amount(path[phase], total, phase),
            *_amount(busy[phase], all_busy, phase),
            Words(mostly(evidence.get(phase.value, {}).items()), "faint"),
        )
        for phase in shown
    ]
    rows.append(_total_row(total, all_busy))
    return Section(
        "Where the time went",
        (
            Column("", "text"),
            *(Column("critical path"), Column("share"), Column("", "bar")),
            *(Column("busy"), Column("share"), Column("", "bar")),
            Column("evidence", "text"),
        ),
        tuple(rows),
        (
            f"busy: own time of all agents, waited for or not; {format_factor(all_busy, total)} the wall time",
            *_other_reading(analysis),
        ),
    )


def _other_reading(analysis: Analysis) -> tuple[str, ...]:
    """What the path would be made of without inferred joins between agents, if that is not much the same."""
    other = summed_reading(analysis)
    if other is None or not other.differs:
        return ()
    phases = sorted(other.critical_path_ns.items(), key=lambda pair: -pair[1])[:_TOLD_PHASES]
    shares = ", ".join(f"{name} {format_share(ns, other.wall_ns)}" for name, ns in phases if ns)
    joins = format_count(other.inferred_joins)
    return (f"joins between agents that only times suggest: {joins}; if none of them is one: {shares}",)


def _amount(ns: int, total: int, phase: Phase | None) -> tuple[Cell, Cell, Cell]:
    tone: Tone = "plain" if ns else "faint"
    share = ns / total if total else 0.0
    return Words(format_duration(ns), tone), Words(format_share(ns, total), tone), Bar(share, phase)


def _total_row(total: int, busy: int) -> tuple[Cell, ...]:
    return (
        Words("total", "strong"),
        *(Words(format_duration(total), "strong"), Words(""), Bar(0.0)),
        *(Words(format_duration(busy), "strong"), Words(""), Bar(0.0)),
        Words(""),
    )


def _evidence_by_phase(shares: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {}
    sums = (
        shares.group_by(pl.col("phase", "evidence").cast(pl.String))
        .agg(pl.col("length_ns").sum())
        .sort("phase", "evidence")
    )
    for phase, evidence, ns in sums.iter_rows():
        found.setdefault(phase, {})[evidence] = ns
    ranks = {word.value: rank for rank, word in enumerate(Evidence)}
    return {phase: dict(sorted(by.items(), key=lambda item: ranks[item[0]])) for phase, by in found.items()}


def purpose_section(summary: Summary) -> Section | None:
    """What the time was for; nothing to say where all of it was ordinary turns."""
    purposes = summary.critical_path_by_purpose_ns
    if not any(purposes[purpose] for purpose in Purpose if purpose is not Purpose.TURN):
        return None
    words = {Purpose.FAILED_ATTEMPT: "failed attempts", Purpose.SIDE_REQUEST: "side requests"}
    return Section(
        "What it was for",
        (Column("", "text"), Column("critical path"), Column("share"), Column("", "bar")),
        tuple(
            (Words(words.get(purpose, purpose.value)), *_amount(purposes[purpose], summary.total_ns, None))
            for purpose in Purpose
            if purposes[purpose]
        ),
    )


def percentile_section(summary: Summary) -> Section | None:
    """Percentiles over sessions, marked where n does not carry them; none over a single session."""
    n = summary.sessions
    if n < 2:  # a percentile needs two values
        return None
    enough = summary.wall_ns.enough
    rows = [_quantile_row("wall time", summary.wall_ns)]
    if summary.active_ns != summary.wall_ns:
        rows.append(_quantile_row("active time", summary.active_ns))
    wanted = {"p95": ENOUGH_FOR_P95, "p99": ENOUGH_FOR_P99}
    lacking = [f"a {name} wants {least} sessions" for name, least in wanted.items() if not enough[name]]
    return Section(
        f"Over {format_count(n)} sessions",
        (
            Column("", "text"),
            *(Column("p50"), Column("p90")),
            *(Column(name, remark=None if enough[name] else "n too small") for name in wanted),
            Column("max"),
        ),
        tuple(rows),
        ("n too small: " + ", ".join(lacking),) if lacking else (),
    )


def _quantile_row(title: str, of: Quantiles) -> tuple[Cell, ...]:
    return Words(title), *(Words(format_duration(ns)) for ns in (of.p50, of.p90, of.p95, of.p99, of.max))


def slowest_section(analysis: Analysis, top: int) -> Section | None:
    """The sessions that took longest, each with what it mostly waited for."""
    sessions = analysis.sessions
    if sessions.height < 2:  # one session is the whole report
        return None
    shown = slowest(sessions, top)
    return Section(
        "Slowest sessions",
        (
            Column("session", "text"),
            *(Column("active"), Column("wall"), Column("requests"), Column("at once")),
            Column("mostly", "text"),
        ),
        tuple(
            (
                Quoted(row["session"]),
                Words(format_duration(row["active_ns"])),
                Words(format_duration(row["wall_ns"])),
                Words(format_count(row["requests"])),
                Words(format_count(row["max_parallel"])),
                Words(_two_phases(row)),
            )
            for row in shown.iter_rows(named=True)
        ),
        (
            *((_BY_ACTIVE_TIME,) if any(map(_waited, shown.iter_rows(named=True))) else ()),
            *_more(sessions.height, shown.height, "--session ID shows one"),
        ),
    )


def _waited(row: Mapping[str, int]) -> bool:
    return format_duration(row["active_ns"]) != format_duration(row["wall_ns"])


_BY_ACTIVE_TIME = (
    "by active time: the wall time less what was waiting for the user or suspended; mostly: shares of it"
)


def _two_phases(row: Mapping[str, int]) -> str:
    working = [(row[f"path_{phase.value}_ns"], phase.value) for phase in Phase if phase not in IDLE]
    two = sorted(working, key=lambda pair: -pair[0])[:2]
    return ", ".join(f"{name} {format_share(ns, row['active_ns'])}" for ns, name in two if ns)


def _more(total: int, shown: int, remark: str) -> tuple[str, ...]:
    rest = f"{format_count(shown)} of {format_count(total)}; " if shown < total else ""
    return (f"{rest}{remark}",)
