"""Some sessions of an analysis: what `--session` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.errors import UsageError, near_names

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_BY_SESSION = (
    "sessions",
    "segments",
    "shares",
    "turns",
    "joins",
    "top",
    "near_critical",
    "readings",
    "what_if",
    "ranking",
    "tools",
    "cache_misses",
    "compactions",
)
_NAMED_LIMIT = 5


def select_sessions(analysis: Analysis, wanted: Sequence[str]) -> Analysis:
    """The analysis of the sessions with these ids; sources and findings stay, they are of the input.

    An id is the session's, or the source's own; the beginning of either will do where it is the only one.
    """
    chosen = {session for text in wanted for session in _matching(analysis.sessions, text)}
    keep = pl.col("session").is_in(sorted(chosen))
    return replace(analysis, **{name: getattr(analysis, name).filter(keep) for name in _BY_SESSION})


def beginning_with(sessions: pl.DataFrame, wanted: Sequence[str]) -> frozenset[str]:
    """Those of which an id begins so: those that `select_sessions` may choose among."""
    names = sessions.select(pl.col("session"), pl.col("source_id").fill_null(""))
    starts = [pl.col(name).str.starts_with(text) for text in wanted for name in names.columns]
    return frozenset(names.filter(pl.any_horizontal(starts))["session"])


def _matching(sessions: pl.DataFrame, text: str) -> list[str]:
    names = sessions.select(pl.col("session", "source_id").cast(pl.String))
    either = [pl.col("session"), pl.col("source_id").fill_null("")]
    for test in (lambda column: column == text, lambda column: column.str.starts_with(text)):
        found: list[str] = names.filter(pl.any_horizontal(*map(test, either)))["session"].to_list()
        if len(found) == 1:
            return found
        if found:
            some = ", ".join(found[:_NAMED_LIMIT])
            raise UsageError(f"{len(found)} sessions begin with {text!r}", hint=f"among them: {some}")
    known = names["session"].to_list()
    near = near_names(text, known, _NAMED_LIMIT) or known[:_NAMED_LIMIT]
    raise UsageError(f"there is no session {text!r}", hint=f"there are: {', '.join(near)}" if near else None)
