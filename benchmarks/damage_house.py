"""What was read of damaged traces, put through assembly, analysis and the reports: alone, or many together.

Most of the time that a small trace takes there is the same whatever is in it. So traces go through together,
each under session keys of its own, as the files of a folder do; where anything goes wrong, and for a share of
them in any case, each goes alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from random import Random
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.report.output_format import OutputFormat
from agenttrace.report.rendering import Manner, render
from damage_outcome import Outcome, Problems, faults_told, limited

_PARTITIONS = {"path": Phase, "purpose": Purpose, "evidence": Evidence}
_SHARE_OF_OTHER_FORMATS = 0.3
_SHARE_ALONE = 0.04
_KEYS = ("session_key", "key_a", "key_b")
_TABLES = ("spans", "agents", "marks", "links", "calls", "prefixes", "sessions", "key_edges")


@dataclass(frozen=True)
class Read:
    """A case whose trace was read."""

    outcome: Outcome
    source: ReadSource


def put_through(cases: Sequence[Read], limit_s: float) -> None:
    """Adds to the outcomes what went wrong."""
    alone = [case for case in cases if len(cases) == 1 or _chance(case).random() < _SHARE_ALONE]
    together = [case for case in cases if case not in alone]
    for case in alone:
        case.outcome.problems += _problems([case.source], _chance(case), limit_s)
    if not together:
        return
    sources = [with_own_keys(number, case.source) for number, case in enumerate(together)]
    found = _problems(sources, _chance(together[0]), limit_s)
    if not found:
        return
    told = [_problems([case.source], _chance(case), limit_s) for case in together]
    for case, problems in zip(together, told, strict=True):
        case.outcome.problems += problems
    if not any(told):
        together[0].outcome.problems += [(category, f"only together: {text}") for category, text in found]


def _chance(case: Read) -> Random:
    return Random(case.outcome.index)


def with_own_keys(number: int, source: ReadSource) -> ReadSource:
    """The rows under keys that no other trace has; views of different formats are not matched with each other."""
    told: dict[str, Any] = {field.name: getattr(source.raw, field.name) for field in fields(RawTrace)}
    told |= {name: _renamed(told[name], number) for name in _TABLES} | {"dialects": ()}
    return ReadSource(f"{number}", "damaged", source.stored_bytes, RawTrace(**told))


def _renamed(table: pa.Table, number: int) -> pa.Table:
    for name in _KEYS:
        if table.num_rows and name in table.column_names:
            place = table.column_names.index(name)
            keys: Any = pc.binary_join_element_wise(table[name], *_suffix(number))
            table = table.set_column(place, table.schema.field(name), keys)
    return table


@cache
def _suffix(number: int) -> tuple[Any, Any]:
    """And what joins it to a key. Made once, for Arrow is slow to make one."""
    return pa.scalar(f"\x1f{number}"), pa.scalar("")


def _problems(sources: Sequence[ReadSource], chance: Random, limit_s: float) -> Problems:
    problems: Problems = []
    with limited(limit_s, problems), faults_told(problems):
        analysis = analyze(assemble(sources))
        problems += [("law", text) for text in broken_laws(analysis)]
        if not analysis.sessions.is_empty():
            _render(analysis, chance)
    return problems


def _render(analysis: Analysis, chance: Random) -> None:
    json.loads(b"".join(map(_bytes, render(analysis, OutputFormat.JSON, Manner()))))
    if chance.random() > _SHARE_OF_OTHER_FORMATS:
        return
    other = chance.choice([known for known in OutputFormat if known is not OutputFormat.JSON])
    for part in render(analysis, other, Manner(color=chance.random() < 0.5)):
        _bytes(part)


def _bytes(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode()


def broken_laws(analysis: Analysis) -> list[str]:
    """The partitions of every session, and the tiling of its wall time."""
    sessions = analysis.sessions
    broken = []
    for prefix, words in _PARTITIONS.items():
        columns = [f"{prefix}_{word.value}_ns" for word in words]
        off = sessions.filter(
            (pl.sum_horizontal(columns) != pl.col("wall_ns")) | (pl.min_horizontal(columns) < 0)
        )
        if not off.is_empty():
            broken.append(f"{prefix} does not sum to the wall time: {off.select('wall_ns', *columns).row(0)}")
    if not sessions.filter(pl.col("end_ns") - pl.col("start_ns") != pl.col("wall_ns")).is_empty():
        broken.append("wall_ns is not end_ns - start_ns")
    return broken + _gaps(analysis)


def _gaps(analysis: Analysis) -> list[str]:
    ordered = analysis.segments.sort("session", "start_ns", "end_ns")
    before = ordered.with_columns(before=pl.col("end_ns").shift(1).over("session")).drop_nulls("before")
    outer = ordered.group_by("session").agg(pl.col("start_ns").min(), pl.col("end_ns").max()).sort("session")
    whole = analysis.sessions.filter(pl.col("wall_ns") > 0).select("session", "start_ns", "end_ns")
    if not before.filter(pl.col("before") != pl.col("start_ns")).is_empty():
        return ["segments overlap or leave a gap"]
    if outer.rows() != whole.sort("session").rows():
        return ["segments do not begin and end where their session does"]
    return []
