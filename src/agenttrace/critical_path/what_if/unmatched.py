"""Names in what-ifs that nothing in an analysis has, each with the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.critical_path.tail.parts import MAIN
from agenttrace.critical_path.what_if.spec import Change, Spec, Subject, Term
from agenttrace.critical_path.what_if.summing import summed_what_ifs
from agenttrace.errors import meant

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis


def unmatched(analysis: Analysis, specs: Sequence[Spec]) -> Iterator[tuple[str, str]]:
    """What was asked for and selects nothing, and a hint; `specs` are those that the analysis answers.

    >>> import agenttrace
    >>> from agenttrace.critical_path.what_if.parsing import parse
    >>> specs = [parse("tool:Bsh*0.5")]
    >>> list(unmatched(agenttrace.analyze("sample_traces/claude-code/fan-out.jsonl", specs), specs))
    [('tool:Bsh', 'did you mean Bash?')]
    """
    for spec, answer in zip(specs, summed_what_ifs(analysis), strict=True):
        for change, selected in zip(spec.changes, answer.selected, strict=True):
            if selected or not isinstance(change, Change):
                continue
            for term in change.terms:
                if term.about in _COLUMNS:
                    yield from _hint(analysis, term)


_COLUMNS = {
    Subject.TOOL: ("tools", "name"),
    Subject.AGENT: ("parts", "agent"),
    Subject.MODEL: ("parts", "model"),
    Subject.SESSION: ("sessions", "session"),
}
"""Where an analysis has the names of what."""


def _hint(analysis: Analysis, term: Term) -> Iterator[tuple[str, str]]:
    table, column = _COLUMNS[term.about]
    names = getattr(analysis, table).get_column(column).cast(pl.String).drop_nulls().unique().sort().to_list()
    if term.about is Subject.AGENT:
        names = [MAIN, *(name for name in names if name != MAIN)]
    if names and term.value not in names:
        yield f"{term.about.value}:{term.value}", meant(term.value, names)
