"""One row a session, for spreadsheets: the columns of the analysis' sessions, null as an empty cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenttrace.critical_path.analysis import Analysis


_TEXT = {pl.String, pl.Categorical, pl.Enum}
_FORMULA_START = r"^[=+\-@\t\r]"


def to_csv(analysis: Analysis, *, labels: Mapping[str, str] | None = None) -> bytes:
    """UTF-8 with a heading; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    told = [pl.lit(value).alias(f"label_{key}") for key, value in (labels or {}).items()]
    sessions = analysis.sessions.rename({"session": "session_id"}).with_columns(told)
    harmless = [_harmless(name) for name, dtype in sessions.schema.items() if dtype in _TEXT]
    return str(sessions.with_columns(harmless).write_csv()).encode()


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    return pl.when(text.str.contains(_FORMULA_START)).then("'" + text).otherwise(text).alias(name)
