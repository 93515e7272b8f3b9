"""Many sessions: their percentiles with intervals, what the slow ones have more of, and what all of them waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.critical_path.slowness import IDLE, slowest
from agenttrace.critical_path.summary import percentile, summarise
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Words
from agenttrace.report.html.charts import Chart
from agenttrace.report.html.intervals import quantile_interval
from agenttrace.units import format_count, format_duration, format_share

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.summary import Quantiles, Summary
    from agenttrace.critical_path.tail.comparison import Tail

_MOST_POINTS = 400
_NAMED_TOOLS = 8
_PERCENTS = (50, 90, 95, 99)


def percentile_table(analysis: Analysis, summary: Summary) -> Section:
    """Wall and active time, each with the interval below it; greyed where n does not carry a percentile."""
    enough = summary.wall_ns.enough
    remarks = {
        f"p{percent}": None if enough.get(f"p{percent}", True) else "n too small" for percent in _PERCENTS
    }
    rows = _measure("wall time", summary.wall_ns, analysis.sessions["wall_ns"])
    if summary.active_ns != summary.wall_ns:
        rows += _measure("active time", summary.active_ns, analysis.sessions["active_ns"])
    return Section(
        f"Over {format_count(summary.sessions)} sessions",
        (
            Column("", "text"),
            Column("n"),
            *(Column(name, remark=remark) for name, remark in remarks.items()),
            Column("max"),
        ),
        tuple(rows),
        ("a p95 wants 60 sessions, a p99 wants 300",) if not all(enough.values()) else (),
    )


def _measure(title: str, of: Quantiles, values: pl.Series) -> list[tuple[Cell, ...]]:
    ordered = sorted(values.to_list())
    told = [quantile_interval(ordered, percent) for percent in _PERCENTS]
    between = [f"{format_duration(pair[0])} to {format_duration(pair[1])}" if pair else "–" for pair in told]
    shown = (of.p50, of.p90, of.p95, of.p99, of.max)
    return [
        (Words(title), Words(format_count(of.n)), *(Words(format_duration(ns)) for ns in shown)),
        (
            Words("95 % interval", "faint"),
            Words(""),
            *(Words(words, "faint") for words in between),
            Words(""),
        ),
    ]


def distribution(sessions: pl.DataFrame) -> Chart:
    """The share of sessions that took at most so long."""
    traces = []
    rows: list[tuple[Cell, ...]] = []
    columns = [Column("of the sessions")]
    series = {"wall time": sessions["wall_ns"], "active time": sessions["active_ns"]}
    if series["wall time"].equals(series["active time"]):
        del series["active time"]
    for (name, values), color in zip(series.items(), ("--accent", "--error"), strict=False):
        ordered = sorted(values.to_list())
        columns.append(Column(name))
        x, y = steps(ordered)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": x,
                "y": y,
                "color": color,
                "line": {"shape": "hv"},
            }
        )
    for percent in (10, 25, 50, 75, 90, 95, 99, 100):
        cells = [
            Words(format_duration(percentile(sorted(values.to_list()), percent)))
            for values in series.values()
        ]
        rows.append((Words(f"{percent} %"), *cells))
    scale = {"type": "log"} if is_wide(sessions["wall_ns"]) else {}
    return Chart(
        "distribution",
        "Share of sessions that took at most so long",
        traces,
        {
            "xaxis": {"title": {"text": "seconds"}, **scale},
            "yaxis": {"tickformat": ".0%", "range": [0, 1.02]},
            "hovermode": "closest",
        },
        Section("How long sessions take", tuple(columns), tuple(rows)),
    )


def steps(ordered: Sequence[int]) -> tuple[list[float], list[float]]:
    """Seconds, ascending, and which share of the values is at most so large; of many values some."""
    n = len(ordered)
    ranks = sorted({0, n - 1, *(round(at * (n - 1) / _MOST_POINTS) for at in range(_MOST_POINTS))})
    return [max(ordered[rank], 1) / 1e9 for rank in ranks], [(rank + 1) / n for rank in ranks]


def is_wide(values: pl.Series) -> bool:
    """Whether the longest is so much longer than the shortest that a linear axis shows nothing."""
    ordered = values.sort()
    low, high = ordered[len(ordered) // 10], ordered[-1]
    return bool(high > 30 * max(low, 1))


def tail_chart(tail: Tail, table: Section) -> Chart:
    """What the slow sessions wait for, against those around the median; `table` says it in full."""
    parts = [part for part in tail.by["phase"] if part.slow_ns or part.middle_ns]
    names = [part.name for part in parts]
    sides = (
        (f"slow ({tail.slow})", [part.slow_ns / 1e9 for part in parts], "--error"),
        (f"around the median ({tail.middle})", [part.middle_ns / 1e9 for part in parts], "--accent"),
    )
    traces = [{"type": "bar", "name": title, "x": names, "y": y, "color": color} for title, y, color in sides]
    return Chart(
        "tail",
        "Mean active time by phase, in slow sessions and in those around the median",
        traces,
        {"barmode": "group", "yaxis": {"title": {"text": "seconds"}}},
        table,
    )


def tenths(sessions: pl.DataFrame) -> tuple[list[Phase], list[tuple[str, int, int, list[float]]]]:
    """Sessions from fast to slow in up to ten equal parts: name, sessions, mean active time, shares of it by phase."""
    ordered = slowest(sessions).reverse()
    n = ordered.height
    parts = min(10, n)
    used = [phase for phase in Phase if phase not in IDLE and ordered[f"path_{phase.value}_ns"].sum()]
    rows = []
    for at in range(parts):
        part = ordered.slice(at * n // parts, (at + 1) * n // parts - at * n // parts)
        active = int(part["active_ns"].sum())
        shares = [int(part[f"path_{phase.value}_ns"].sum()) / active if active else 0.0 for phase in used]
        rows.append(
            (
                f"{100 * at // parts} to {100 * (at + 1) // parts} %",
                part.height,
                active // part.height,
                shares,
            )
        )
    return used, rows


def aggregated_path(analysis: Analysis) -> Section:
    """The critical paths of all sessions added up: by phase, and tools by name."""
    sessions, total = analysis.sessions, summarise(analysis).total_ns
    rows: list[tuple[Cell, ...]] = []
    by_phase = {phase: int(sessions[f"path_{phase.value}_ns"].sum()) for phase in Phase}
    for phase, ns in sorted(by_phase.items(), key=lambda item: -item[1]):
        if not ns:
            continue
        within = int((sessions[f"path_{phase.value}_ns"] > 0).sum())
        rows.append(
            (
                Words(phase.value, "strong"),
                Words(""),
                *_amounts(ns, total, within, sessions.height),
                Bar(ns / total, phase),
            )
        )
        if phase is Phase.TOOL:
            rows += _tools(analysis, total)
    return Section(
        "The critical paths of all sessions, added up",
        (
            *(Column("phase", "text"), Column("tool", "text"), Column("together"), Column("share")),
            *(Column("in sessions"), Column("each"), Column("", "bar")),
        ),
        tuple(rows),
        ("each: mean over the sessions in which it is on the path",),
    )


def _amounts(ns: int, total: int, within: int, sessions: int) -> tuple[Cell, ...]:
    return (
        Words(format_duration(ns)),
        Words(format_share(ns, total)),
        Words(f"{format_count(within)} of {format_count(sessions)}"),
        Words(format_duration(ns // within) if within else "–"),
    )


def _tools(analysis: Analysis, total: int) -> list[tuple[Cell, ...]]:
    critical = pl.col("critical_ns")
    tools = (
        analysis.tools.filter(critical > 0)
        .with_columns(pl.col("name").cast(pl.String))
        .group_by("name")
        .agg(ns=critical.sum(), sessions=pl.col("sessions").sum())
        .sort("ns", "name", descending=[True, False], nulls_last=True)
    )
    return [
        (
            Words(""),
            Quoted(row["name"]),
            *_amounts(row["ns"], total, row["sessions"], analysis.sessions.height),
            Bar(row["ns"] / total, Phase.TOOL),
        )
        for row in tools.head(_NAMED_TOOLS).iter_rows(named=True)
    ]
