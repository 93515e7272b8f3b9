"""The charts of a comparison: both distributions, each task's slope, and the change of the mean divided by phase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agenttrace.critical_path.summary import percentile
from agenttrace.diff.movers import Mover, most_moved
from agenttrace.diff.result import Comparison
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.diff.outline import phases as phase_section
from agenttrace.report.diff.wording import change
from agenttrace.report.html.charts import Chart, Trace
from agenttrace.report.html.fleet import is_wide, steps
from agenttrace.units import format_count, format_duration

SLOPES = 60
"""Tasks of which more cannot be told apart in one chart."""

_SIDES = ("baseline", "candidate")
_COLORS = ("--accent", "--error")
_PERCENTS = (10, 25, 50, 75, 90, 95, 99, 100)


def comparison_charts(of: Comparison) -> list[Chart]:
    """Those there is something to draw of."""
    charts = [_distributions(of)]
    moved = [one for one in most_moved(of.pairing, SLOPES) if one.baseline_ns > 0 and one.candidate_ns > 0]
    if moved:
        charts.append(_slopes(moved, of.pairing.pairs))
    if any(of.blame.phases.values()):
        charts.append(_blame(of))
    return charts


def _distributions(of: Comparison) -> Chart:
    times = [frame.get_column("active_ns") for frame in (of.pairing.base, of.pairing.candidate)]
    traces: list[Trace] = []
    for name, values, color in zip(_SIDES, times, _COLORS, strict=True):
        x, y = steps(sorted(values.to_list()))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": x,
                "y": y,
                "color": color,
                "line": _SQUARE,
            }
        )
    ordered = [sorted(values.to_list()) for values in times]
    rows: list[tuple[Cell, ...]] = []
    for percent in _PERCENTS:
        base, candidate = (percentile(values, percent) for values in ordered)
        ratio = candidate / base if base else None
        cells = (format_duration(base), format_duration(candidate), change("session.active_time", ratio))
        rows.append((Words(f"{percent} %"), *map(Words, cells)))
    scale = {"type": "log"} if is_wide(times[0].append(times[1])) else {}
    return Chart(
        "distributions",
        "Share of sessions whose active time was at most so long; failed sessions as long as they were seen",
        traces,
        {
            "xaxis": {"title": {"text": "seconds"}, **scale},
            "yaxis": {"tickformat": ".0%", "range": [0, 1.02]},
            "hovermode": "closest",
        },
        Section(
            "Both distributions",
            tuple(map(Column, ("of the sessions", "baseline", "candidate", "change"))),
            tuple(rows),
        ),
    )


_SQUARE = {"shape": "hv"}


def _slopes(moved: Sequence[Mover], pairs: int) -> Chart:
    """A line for each task from one side to the other: what became slower, and what did not."""
    slower = [one for one in moved if one.candidate_ns > one.baseline_ns]
    others = [one for one in moved if one.candidate_ns <= one.baseline_ns]
    traces = [
        _lines(f"{name} ({len(tasks)})", tasks, color)
        for name, tasks, color in (("slower", slower, "--error"), ("not slower", others, "--accent"))
        if tasks
    ]
    times = [ns for one in moved for ns in (one.baseline_ns, one.candidate_ns)]
    scale = {"type": "log"} if max(times) > 10 * min(times) else {}
    kept = f" (the {len(moved)} that moved most, of {format_count(pairs)})" if len(moved) < pairs else ""
    return Chart(
        "slopes",
        f"Wall time of each task on both sides{kept}",
        traces,
        {
            "xaxis": {"tickvals": [0, 1], "ticktext": list(_SIDES), "range": [-0.15, 1.15]},
            "yaxis": {"title": {"text": "seconds"}, **scale},
            "hovermode": "closest",
            "height": 340,
        },
        Section("Each task", _SLOPE_COLUMNS, tuple(_slope_rows(moved))),
    )


_SLOPE_COLUMNS = (Column("task", "text"), *map(Column, ("baseline", "candidate", "moved", "change")))


def _lines(name: str, tasks: Sequence[Mover], color: str) -> Trace:
    """All of them as one trace, with gaps between."""
    x: list[int | None] = []
    y: list[float | None] = []
    for one in tasks:
        x += [0, 1, None]
        y += [one.baseline_ns / 1e9, one.candidate_ns / 1e9, None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": x,
        "y": y,
        "color": color,
        "line": {"width": 1},
        "marker": {"size": 5},
    }


def _slope_rows(moved: Sequence[Mover]) -> Iterator[tuple[Cell, ...]]:
    for one in moved:
        ratio = one.candidate_ns / one.baseline_ns
        apart = one.candidate_ns - one.baseline_ns
        yield (
            Quoted(one.task),
            Words(format_duration(one.baseline_ns)),
            Words(format_duration(one.candidate_ns)),
            Words(("+" if apart > 0 else "") + format_duration(apart)),
            Words(change("session.wall_time", ratio)),
        )


def _blame(of: Comparison) -> Chart:
    """From the one mean to the other in steps, a phase each."""
    blame = of.blame
    parts = sorted(
        ((Phase(name), ns) for name, ns in blame.phases.items() if ns), key=lambda part: -abs(part[1])
    )
    traces: list[Trace] = [_bar("baseline", 0, blame.base_ns, {"color": "--area"})]
    reached = blame.base_ns
    for phase, ns in parts:
        traces.append(_bar(phase.value, reached, ns, {"phase": list(Phase).index(phase)}))
        reached += ns
    traces.append(_bar("candidate", 0, blame.candidate_ns, {"color": "--area"}))
    return Chart(
        "blame",
        "Mean wall time of a session: from the baseline to the candidate, a step for each phase",
        traces,
        {
            "barmode": "overlay",
            "showlegend": False,
            "xaxis": {"categoryorder": "array", "categoryarray": [trace["name"] for trace in traces]},
            "yaxis": {"title": {"text": "seconds"}},
            "hovermode": "closest",
        },
        phase_section(of),
    )


def _bar(name: str, base_ns: int, length_ns: int, look: Trace) -> Trace:
    return {"type": "bar", "name": name, "x": [name], "y": [length_ns / 1e9], "base": [base_ns / 1e9], **look}
