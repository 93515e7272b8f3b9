"""Tables as bags of rows, so that two readings can be compared whatever the order of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import polars as pl
import pyarrow as pa

from agenttrace.ingest import raw
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.schema import Table
from agenttrace.model.trace import Trace

RAW_TABLES: dict[str, Table] = {
    "spans": raw.RAW_SPANS,
    "agents": raw.RAW_AGENTS,
    "marks": raw.RAW_MARKS,
    "links": raw.RAW_LINKS,
    "prefixes": raw.RAW_PREFIXES,
    "sessions": raw.RAW_SESSIONS,
    "key_edges": raw.RAW_KEY_EDGES,
    "findings": raw.RAW_FINDINGS,
}
SUBSTANCE = ("sessions", "agents", "spans", "marks", "links", "prefixes")
"""The tables of a trace that say what happened, not where it was read."""

_OF_A_FILE = frozenset({"line", "source", "sources", "dialects"})
Row = tuple[tuple[str, Any], ...]


def frame(table: pa.Table) -> pl.DataFrame:
    """The table as a frame; its words as text."""
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    return found.with_columns(pl.selectors.categorical().cast(pl.String))


def bag(table: pa.Table, without: Iterable[str] = ()) -> Counter[Row]:
    """How often each row occurs, but for the columns `without`."""
    left_out = set(without)
    return Counter(
        tuple((name, _frozen(value)) for name, value in row.items() if name not in left_out)
        for row in table.to_pylist()
    )


def raw_bags(trace: RawTrace, *, lines: bool = True) -> dict[str, Counter[Row]]:
    """All raw tables of a source but its findings; `lines`: with the lines that the rows come from."""
    return {
        name: bag(getattr(trace, name), () if lines else ("line",))
        for name in RAW_TABLES
        if name != "findings"
    }


def substance(trace: Trace) -> dict[str, Counter[Row]]:
    """What a trace says, without the files and lines that say it."""
    return {name: bag(getattr(trace, name), _OF_A_FILE) for name in SUBSTANCE}


def all_bags(trace: Trace) -> dict[str, Counter[Row]]:
    """Every table of a trace."""
    return {field.name: bag(getattr(trace, field.name)) for field in fields(trace)}


def difference(a: dict[str, Counter[Row]], b: dict[str, Counter[Row]]) -> dict[str, str]:
    """For each table in which they differ, how, in a few words; empty where they are equal."""
    return {name: _said(a[name], b[name]) for name in a if a[name] != b[name]}


def _said(a: Counter[Row], b: Counter[Row]) -> str:
    only_a, only_b = list((a - b).elements()), list((b - a).elements())
    if not (only_a and only_b):
        return (
            f"{len(only_a)} rows only in the first, {len(only_b)} only in the second: {(only_a or only_b)[0]}"
        )
    nearest = min(only_b, key=lambda row: len(set(only_a[0]) ^ set(row)))
    changed = sorted(set(only_a[0]) ^ set(nearest), key=str)
    return f"{len(only_a)} and {len(only_b)} rows differ, for example in {changed}"


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
