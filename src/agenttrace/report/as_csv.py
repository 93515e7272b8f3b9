"""One row a session, for spreadsheets: the columns of the analysis' sessions, null as an empty cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from agenttrace.report.escaping import spreadsheet_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenttrace.critical_path.analysis import Analysis


def to_csv(analysis: Analysis, *, labels: Mapping[str, str] | None = None) -> bytes:
    """UTF-8 with a heading; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    sessions = analysis.sessions.rename({"session": "session_id"})
    texts = [name for name, dtype in sessions.schema.items() if dtype in {pl.String, pl.Categorical, pl.Enum}]
    guarded = [pl.col(name).cast(pl.String).map_elements(spreadsheet_text, return_dtype=pl.String) for name in texts]
    told = [pl.lit(spreadsheet_text(value)).alias(f"label_{key}") for key, value in (labels or {}).items()]
    return sessions.with_columns(*guarded, *told).write_csv().encode()
