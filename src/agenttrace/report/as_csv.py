"""One row a session, for spreadsheets: the columns of the analysis' sessions, null as an empty cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from agenttrace.report.escaping import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenttrace.critical_path.analysis import Analysis


_TEXT = {pl.String, pl.Categorical, pl.Enum}
_FORMULA_START = r"^\s*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
"""Also in full width: spreadsheets in some languages take these too."""
_UNSEEN = r"[\p{C}\p{Zl}\p{Zp}]"
"""Control, format and unassigned characters, line and paragraph separators."""


def to_csv(analysis: Analysis, *, labels: Mapping[str, str] | None = None) -> bytes:
    """UTF-8 with a heading and a row a line.

    In text, what is not visible is spelt out, and an apostrophe stands before what a spreadsheet would take
    for a formula.
    """
    told = [pl.lit(value).alias(f"label_{key}") for key, value in (labels or {}).items()]
    sessions = analysis.sessions.rename({"session": "session_id"}).with_columns(told)
    harmless = [_harmless(name) for name, dtype in sessions.schema.items() if dtype in _TEXT]
    return str(sessions.with_columns(harmless).write_csv()).encode()


def _harmless(name: str) -> pl.Expr:
    text = _visible(pl.col(name).cast(pl.String))
    return pl.when(text.str.contains(_FORMULA_START)).then("'" + text).otherwise(text).alias(name)


def _visible(text: pl.Expr) -> pl.Expr:
    spelt = text.map_elements(printable, return_dtype=pl.String)
    return pl.when(text.str.contains(_UNSEEN)).then(spelt).otherwise(text)
