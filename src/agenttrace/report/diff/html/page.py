"""The page of a comparison put together: the verdict first, then gates, distributions, slopes, blame, waterfalls."""

from __future__ import annotations

from collections.abc import Sequence

from agenttrace.diff.result import Comparison
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Section
from agenttrace.report.diff import outline as made
from agenttrace.report.diff.html.charts import comparison_charts
from agenttrace.report.diff.html.pairs import DrawnPair, embedded, pair_parts
from agenttrace.report.html.assets import template
from agenttrace.report.html.charts import Chart, chart_html
from agenttrace.report.html.escape import text
from agenttrace.report.html.one import Part
from agenttrace.report.html.page import put_together
from agenttrace.report.html.palette import LOOKS
from agenttrace.report.html.sections import section_html

DEFAULT_TOP = 20
_NOT_PAIRED = "The sides are not paired, so that no task stands on both of them."
_NO_TRACES = (
    "No task moved, or neither side has traces to draw from: a saved baseline keeps times, not traces."
)


def diff_page(
    of: Comparison, sources: tuple[str, str], pairs: Sequence[DrawnPair] = (), *, top: int = DEFAULT_TOP
) -> str:
    """The whole file. `pairs`: the tasks that are drawn, the most moved first."""
    report = made.outline(of, sources, top=top)
    charts = tuple(comparison_charts(of))
    parts = [
        _part("gates", "Gates", [made.gates(of), made.budgets(of)]),
        _part("workload", "Workload", [made.work(of)]),
        _chart_part("distributions", "Distributions", [one for one in charts if one.key != "blame"]),
        _chart_part("blame", "Blame", [one for one in charts if one.key == "blame"], [made.parts(of, top)]),
        *pair_parts(pairs, _NO_TRACES if of.pairing.paired else _NOT_PAIRED),
        _part("movers", "Tasks", [made.movers(of, top)]),
        _part("metrics", "All metrics", [made.metrics(of)]),
        _part("findings", "To be known", [made.findings(of)]),
        Part("glossary", "Glossary", _glossary()),
    ]
    shown = [part for part in parts if part.html]
    return put_together(of.verdict.value, "did it get worse", report, shown, embedded(pairs), {})


def _part(key: str, title: str, sections: Sequence[Section]) -> Part:
    told = "".join(section_html(section) for section in sections if section.rows)
    return Part(key, title, f'<div id="{key}">\n{told}</div>\n' if told else "")


def _chart_part(key: str, title: str, charts: Sequence[Chart], sections: Sequence[Section] = ()) -> Part:
    told = [chart_html(chart) for chart in charts] + [
        section_html(section) for section in sections if section.rows
    ]
    html = f'<section id="{key}" class="columns">\n{"".join(told)}</section>\n' if told else ""
    return Part(key, title, html, tuple(charts))


def _glossary() -> str:
    phases = "".join(
        f'<dt><span class="swatch p-{phase.value}"></span>{phase.value}</dt><dd>{text(LOOKS[phase].meaning)}</dd>\n'
        for phase in Phase
    )
    return template("diff_glossary").substitute(phases=phases)
