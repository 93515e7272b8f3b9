"""Charts of numbers: what Plotly draws, and the table that says the same and stands without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agenttrace.report.cells import Section
from agenttrace.report.html.escape import text
from agenttrace.report.html.sections import section_body

Trace = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """`traces` and `layout` are Plotly's, but for colours, which go by `phase` or by a `color` of the style."""

    key: str
    caption: str
    traces: Sequence[Trace]
    layout: Mapping[str, Any]
    table: Section
    classes: Sequence[str] = field(default_factory=tuple)

    @property
    def drawing(self) -> dict[str, Any]:
        """For the page's program."""
        return {"traces": list(self.traces), "layout": dict(self.layout)}


def chart_html(chart: Chart) -> str:
    """The figure: a place for the drawing, hidden until there is one, and the table, open as long as there is none."""
    return (
        f'<figure data-chart="{text(chart.key)}">\n<h2>{text(chart.table.title)}</h2>\n'
        f'<div class="plot" hidden role="img" aria-label="{text(chart.caption)}"></div>\n'
        f"<figcaption>{text(chart.caption)}</figcaption>\n"
        f'<details class="twin" open><summary>As a table</summary>\n{section_body(chart.table)}</details>\n</figure>\n'
    )
