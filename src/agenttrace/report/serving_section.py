"""The section about serving: first tokens, speed, the worker met again, and how queue was told from prefill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.critical_path.serving_summary import Felt, ServingSummary, summarise_serving
from agenttrace.critical_path.summary import Quantiles
from agenttrace.report.cells import Cell, Column, Section, Words
from agenttrace.units import format_count, format_duration, format_share

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis


def serving_section(analysis: Analysis) -> Section | None:
    """What requests felt; nothing to say where no request states when its first token or its tokens came."""
    found = summarise_serving(analysis)
    felt = found.requests
    if not felt.ttft_ns.n and not felt.itl_ns.n:
        return None
    rows = [*_rows(felt, "")]
    for one in found.priorities:
        rows += _rows(one, f", priority {one.priority}")
    columns = (Column("", "text"), *(Column(name) for name in ("p50", "p95", "p99", "n")))
    return Section("Serving", columns, tuple(rows), tuple(_notes(analysis, found)))


def _rows(felt: Felt, of: str) -> list[tuple[Cell, ...]]:
    rows = [
        _times(f"{name}{of}", values)
        for name, values in (("time to first token", felt.ttft_ns), ("between tokens", felt.itl_ns))
        if values.n
    ]
    speeds = felt.tokens_per_s_user
    if speeds.n:
        told = [Words(_speed(speed)) for speed in (speeds.p50, speeds.slow5, speeds.slow1)]
        rows.append((Words(f"tokens/s, at least{of}"), *told, Words(format_count(speeds.n))))
    return rows


def _times(name: str, of: Quantiles) -> tuple[Cell, ...]:
    shown = [Words(format_duration(of.p50))]
    for value, enough in ((of.p95, of.enough["p95"]), (of.p99, of.enough["p99"])):
        shown.append(Words(format_duration(value), "plain" if enough else "faint"))
    return (Words(name), *shown, Words(format_count(of.n)))


def _speed(tokens_per_s: float | None) -> str:
    return "–" if tokens_per_s is None else f"{tokens_per_s:.1f}"


def _notes(analysis: Analysis, found: ServingSummary) -> list[str]:
    notes = []
    if found.affinity_pairs:
        share = format_share(found.affinity_same, found.affinity_pairs)
        notes.append(f"{share} of an agent's next requests met the same worker again")
    queued = analysis.queues
    if queued.height:
        wait, queue = int(queued["wait_ns"].sum()), int(queued["queue_ns"].sum())
        least = "at least " if queued["bound"].any() else ""
        how = (
            "by a calibration trace" if queued["calibrated"].any() else "by the unloaded requests among them"
        )
        notes.append(
            f"queue inside the wait for the first token: {least}{format_duration(queue)} of "
            f"{format_duration(wait)} ({format_share(queue, wait)}), estimated {how}"
        )
    return notes
