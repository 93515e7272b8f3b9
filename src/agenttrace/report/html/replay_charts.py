"""Charts of a replay: percentiles before and after, phases, and what the gain depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.model.vocabulary import Phase
from agenttrace.replay.percentiles import PERCENTS
from agenttrace.report.html.charts import Chart, Trace
from agenttrace.report.replay_headline import target_name
from agenttrace.report.replay_sections import phase_section, tornado_section
from agenttrace.report.replay_tables import interval_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenttrace.replay.percentiles import Estimate
    from agenttrace.replay.replaying import Answer, Replayed

_COLORS = ("--accent", "--warning", "--error", "--path")
_ROW_HEIGHT, _LEAST_HEIGHT = 34, 180


def percentile_chart(replayed: Replayed) -> Chart:
    """Bars of percentiles with their intervals."""
    before = "recorded" if replayed.baseline is None else f"{replayed.baseline_name}, simulated"
    traces = [_bars(before, replayed.baseline_wall, "--area")]
    for place, answer in enumerate(replayed.answers):
        color = _COLORS[place % len(_COLORS)]
        traces.append(_bars(target_name(answer.projected.target), answer.projected.wall, color))
    return Chart(
        "replay-percentiles",
        "How long sessions take, in seconds, with intervals of 90 %",
        traces,
        {"barmode": "group", "yaxis": {"title": {"text": "seconds"}}},
        interval_table(replayed),
    )


def _bars(name: str, estimates: Sequence[Estimate], color: str) -> Trace:
    known = [one for one in estimates if one.value == one.value]
    return {
        "type": "bar",
        "name": name,
        "x": [f"p{percent}" for percent in PERCENTS][: len(known)],
        "y": [one.value / 1e9 for one in known],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [(one.high - one.value) / 1e9 for one in known],
            "arrayminus": [(one.value - one.low) / 1e9 for one in known],
        },
        "color": color,
    }


def phase_chart(replayed: Replayed, answer: Answer, key: str) -> Chart:
    """The critical path of a session before and after, by phase."""
    count = max(replayed.sessions, 1) * 1e9
    phases = [
        phase
        for phase in Phase
        if replayed.baseline_phases.get(phase.value) or answer.phases.get(phase.value)
    ]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": phase.value,
            "phase": list(Phase).index(phase),
            "y": ["after", "before"],
            "x": [
                answer.phases.get(phase.value, 0) / count,
                replayed.baseline_phases.get(phase.value, 0) / count,
            ],
        }
        for phase in phases
    ]
    return Chart(
        key,
        "What a session waits for, along its critical path, before and after",
        traces,
        {"barmode": "stack", "xaxis": {"title": {"text": "seconds a session"}}, "hovermode": "closest"},
        phase_section(replayed, answer),
    )


def tornado_chart(answer: Answer, key: str) -> Chart | None:
    """How far the gain moves as each number moves over its interval; None where nothing matters."""
    rows = list(reversed(answer.projected.sensitivity))
    if not rows:
        return None
    gain = answer.projected.gain[0].value
    ends = (("at the low end", "gain_low", "--accent"), ("at the high end", "gain_high", "--error"))
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": title,
            "y": [row.parameter.replace("_", " ") for row in rows],
            "x": [getattr(row, name) - gain for row in rows],
            "base": [gain] * len(rows),
            "color": color,
        }
        for title, name, color in ends
    ]
    height = max(_LEAST_HEIGHT, _ROW_HEIGHT * len(rows) + 90)
    return Chart(
        key,
        "The gain at p50 if one number is at either end of its interval",
        traces,
        {
            "barmode": "overlay",
            "height": height,
            "hovermode": "closest",
            "xaxis": {"title": {"text": "times as fast"}, "rangemode": "normal"},
        },
        tornado_section(answer),
    )
