"""What an analysis is answered with: what is said on standard error, and what is written where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenttrace.cli.checks import mention_content, mention_findings, mention_sources
from agenttrace.cli.drawing import write_page, write_waterfall
from agenttrace.cli.options import STANDARD_OUTPUT
from agenttrace.cli.streams import write_data, write_file
from agenttrace.report.output_format import OutputFormat

if TYPE_CHECKING:
    from agenttrace.api.analyzing import Analysed
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.report.rendering import Manner
    from agenttrace.report.table_folder import TableFolder


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes to standard output, if it is not the page, and what to files."""

    output_format: OutputFormat | None
    json_file: str | None
    html_file: str | None
    tables: TableFolder | None
    waterfall: bool


def mention(
    analysis: Analysis, answered: OutputFormat | None, *, content: bool, quiet: bool, verbose: bool
) -> None:
    """What is said on standard error."""
    if verbose:
        mention_sources(analysis)
    if quiet:
        return
    if answered is None or not answered.is_for_people:
        mention_findings(analysis)
    if content:
        mention_content()


def write_answer(answer: Answer, found: Analysed, manner: Manner) -> None:
    """Files first, so that whoever sees the answer finds them there."""
    from agenttrace.report.rendering import render  # noqa: PLC0415  # heavy

    analysis = found.analysis
    if answer.json_file and answer.json_file != STANDARD_OUTPUT:
        write_file(answer.json_file, render(analysis, OutputFormat.JSON, manner, found.lines))
    if answer.tables:
        answer.tables.complete(analysis, found.redaction)
    if answer.html_file:
        write_page(answer.html_file, analysis, found.timelines, manner)
    if answer.output_format:
        write_data(render(analysis, answer.output_format, manner, found.lines))
    if answer.waterfall:
        write_waterfall(analysis, found.timelines, manner)
