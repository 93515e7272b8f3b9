"""An analysis in any output format, as pieces to be written one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from agenttrace.report import as_csv, as_json, as_markdown, outline, terminal
from agenttrace.report.output_format import OutputFormat

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it is to be shown; `top` is null for what the format shows by itself."""

    top: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    width: int = 100
    color: bool = False


def render(
    analysis: Analysis,
    output_format: OutputFormat,
    manner: Manner,
    sessions: Callable[[], Iterator[bytes]] | None = None,
) -> Iterator[str | bytes]:
    """Text for people, bytes for programs. The analysis holds at least one session.

    `sessions` gives what `as_json.session_lines` says of them all, where the analysis no longer holds it.
    """
    lines = sessions() if sessions is not None else None
    labels = manner.labels
    for_people = manner.top or outline.DEFAULT_TOP
    for_programs = manner.top or as_json.DEFAULT_TOP
    match output_format:
        case OutputFormat.TABLE:
            yield terminal.to_terminal(
                analysis, top=for_people, labels=labels, width=manner.width, color=manner.color
            )
        case OutputFormat.JSON:
            yield from as_json.to_json(analysis, top=for_programs, labels=labels, sessions=lines)
        case OutputFormat.JSONL:
            yield from as_json.to_json_lines(analysis, top=for_programs, labels=labels, sessions=lines)
        case OutputFormat.CSV:
            yield as_csv.to_csv(analysis, labels=labels)
        case OutputFormat.MD:
            yield as_markdown.to_markdown(analysis, top=for_people, labels=labels)
        case _:
            assert_never(output_format)
