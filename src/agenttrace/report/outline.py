"""The report for people, put together: the same outline is drawn in the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agenttrace import __version__
from agenttrace.critical_path.summary import summarise
from agenttrace.report.cells import Outline
from agenttrace.report.change_sections import near_section, recommendation_section, what_if_section
from agenttrace.report.context_section import context_section
from agenttrace.report.headline import answer, counted
from agenttrace.report.origin_sections import finding_section, origin
from agenttrace.report.serving_section import serving_section
from agenttrace.report.tail_section import tail_sections
from agenttrace.report.time_sections import (
    percentile_section,
    phase_section,
    purpose_section,
    slowest_section,
)
from agenttrace.report.work_sections import join_section, miss_section, tool_section

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

DEFAULT_TOP = 5
_ADDED = (
    *("requests", "main_requests", "main_turns", "subagents", "subagent_requests"),
    *("tool_calls", "compactions", "retries", "errors"),
)


def outline(
    analysis: Analysis, *, top: int = DEFAULT_TOP, labels: Mapping[str, str] | None = None
) -> Outline:
    """All that there is to say, `top` rows a list. The analysis holds at least one session."""
    summary = summarise(analysis)
    sections = (
        phase_section(analysis, summary),
        purpose_section(summary),
        percentile_section(summary),
        slowest_section(analysis, top),
        *tail_sections(analysis, top),
        what_if_section(analysis),
        recommendation_section(analysis, top),
        join_section(analysis, top),
        near_section(analysis, top),
        context_section(analysis, top),
        serving_section(analysis),
        miss_section(analysis, top),
        tool_section(analysis, summary, top),
        finding_section(analysis, top),
    )
    return Outline(
        answer(analysis, summary),
        counted(_counts(analysis)),
        tuple(section for section in sections if section is not None),
        origin(analysis, summary, top=top, labels=labels or {}, version=__version__),
    )


def _counts(analysis: Analysis) -> dict[str, int]:
    sessions = analysis.sessions
    counts = {name: int(sessions[name].sum()) for name in _ADDED}
    return counts | {"max_parallel": max(sessions["max_parallel"].to_list(), default=0)}
