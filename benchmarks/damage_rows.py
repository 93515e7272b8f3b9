"""The raw rows of a file, and which of them share nothing with lines that were damaged.

Rows are compared as a recorder holds them, before assembly, so that a change can only come from reading.

A row *touches* a damaged unit if one of the unit's ids, as they were or as they are now, is part of the row's
keys, or if the row was read from the damaged line, or if its keys hold no id of a record at all (a span that
lost its id is keyed by name and time). Rows of spans, marks, links and prefixes are keyed by the ids of
records (`OWN_IDS` of `damage_ids`); rows of agents, sessions and key edges by those of lanes and sessions
too (`LANE_IDS`).
All other rows must be as before. Per format, the ids of a unit reach further:

dynamo       no further: a request is one row, and a tool's start and end share its call id.
otlp         to the ids that units within two steps share with it: parents, children, siblings, logs.
claude-code  to units within three steps: bounds are found by walking from record to record. Waiting inside a
             tool is told from the measure of its whole turn, so it is compared only where nothing was hit.
spans        as otlp (sessions of Jaeger are named by its processes). Every piece of theirs holds several copies
             of a trace, with ids of their own.
stories      are another matter: `damage_story`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace
from damage_ids import LANE_IDS, OWN_IDS, REACH
from damage_material import DOCUMENT, Piece
from damage_tables import rows_in
from damage_text_ids import documents_in, ids_of

Row = tuple[tuple[str, Any], ...]
Bags = dict[str, Counter[Row]]
Value = Any
"""What stands in a document: of any type."""

_KEYS = ("span_key", "parent_key", "from_key", "to_key", "refers_to_key", "spawn_key", "request_id")
_LANE_KEYS = ("session_key", "agent_key", "parent_agent_key", "key_a", "key_b", "source_id")
_BY_LANE = frozenset({"agents", "sessions", "key_edges"})
_TABLES = ("spans", "agents", "marks", "links", "prefixes", "sessions", "key_edges")
_OF_A_TURN = "dialogue:"
_WIDE = {
    "openai-agents": re.compile(rb'"(?:agent|handoff|trace|custom|task|turn)"'),
    "langsmith": re.compile(rb'"patch"'),
}
"""Records that say something of a whole trace, and of the next one of its group."""

_TELLING = 4
"""A shorter id is looked for as a whole key, not within one."""


@dataclass(frozen=True)
class Reading:
    """The rows of a file with their lines, and how often each code is found in it."""

    bags: Bags
    findings: Counter[str]


def read_rows(content: bytes, format_id: str) -> Reading:
    """Everything that a format records of a file."""
    return rows_of(read_raw(content, format_id))


def read_raw(content: bytes, format_id: str) -> RawTrace:
    """The same, as the recorder hands it over."""
    recorder = Recorder()
    format_by_id(format_id).read(Source("piece", content), recorder)
    return recorder.trace()


def rows_of(trace: RawTrace) -> Reading:
    """The rows of what was read."""
    findings = Counter({row["code"]: row["count"] for row in trace.findings.to_pylist()})
    bags = {name: _bag(trace, name) for name in _TABLES}
    return Reading({**bags, "prefixes": _prompts(trace)}, findings)


def _prompts(trace: RawTrace) -> Counter[Row]:
    """Prompts as a whole: they are recorded as changes of the one before, which damage may have taken away."""
    found: Counter[Row] = Counter()
    last: dict[str, list[int]] = {}
    for row in trace.prefixes.to_pylist():
        chain, kept = row["session_key"], row.pop("kept_blocks") or 0
        row["blocks"] = last[chain] = last.get(chain, [])[:kept] + row["blocks"]
        found[tuple((name, _frozen(value)) for name, value in row.items() if value is not None)] += 1
    return found


def trace_rows(trace: Trace) -> Bags:
    """The tables of an assembled trace, but for what says where it was read."""
    found = {
        name: _bag(trace, name) for name in ("sessions", "agents", "spans", "marks", "links", "prefixes")
    }
    return {name: _without(bag, {"line", "source", "sources", "dialects"}) for name, bag in found.items()}


def _bag(trace: RawTrace | Trace, table: str) -> Counter[Row]:
    """The rows; what is null is left out, for most of it is."""
    rows = getattr(trace, table)
    told = rows.select(
        [name for name, cells in zip(rows.column_names, rows.columns, strict=True) if _told(cells)]
    )
    return Counter(
        tuple((name, _frozen(value)) for name, value in row.items() if value is not None)
        for row in told.to_pylist()
    )


def _told(cells: pa.ChunkedArray[Any]) -> bool:
    return cells.null_count < len(cells)


def _frozen(value: Value) -> Value:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def without_lines(bags: Bags) -> Bags:
    """The same, but for the lines that rows come from."""
    return {name: _without(bag, {"line"}) for name, bag in bags.items()}


def _without(bag: Counter[Row], columns: set[str]) -> Counter[Row]:
    found = Counter[Row]()
    for row, times in bag.items():
        found[tuple(cell for cell in row if cell[0] not in columns)] += times
    return found


def as_sets(bags: Bags) -> Bags:
    """Each row once, without its line."""
    return {name: Counter(set(bag)) for name, bag in without_lines(bags).items()}


def requests_of(bags: Bags) -> Bags:
    """What cannot depend on the order of lines: which requests there are, and their tokens."""
    names = {"span_key", "kind", "model", "request_id", "input_tokens", "output_tokens", "cache_read_tokens"}
    rows = (row for row in bags["spans"] if dict(row)["kind"] == "request")
    return {"spans": Counter({tuple(cell for cell in row if cell[0] in names) for row in rows})}


def difference(a: Bags, b: Bags) -> str:
    """The first difference, in words; empty where there is none."""
    for name in a:
        only_a, only_b = a[name] - b[name], b[name] - a[name]
        if only_a or only_b:
            return f"{name}: {only_a.total()} rows gone, {only_b.total()} new; {_nearest(only_a, only_b)}"
    return ""


def _nearest(gone: Counter[Row], new: Counter[Row]) -> str:
    if not gone or not new:
        (row,) = [*gone, *new][:1]
        return ("gone " if gone else "new ") + str(dict(row))[:600]
    row = next(iter(gone))
    a, b = dict(row), dict(min(new, key=lambda candidate: len(set(row) ^ set(candidate))))
    changes = [
        f"{name}: {a.get(name)!r} -> {b.get(name)!r}" for name in {**a, **b} if a.get(name) != b.get(name)
    ]
    return f"{a.get('span_key')}: {'; '.join(changes)}"[:600]


@lru_cache(maxsize=8)
def _ids_of_parts(piece: Piece, names: frozenset[str]) -> list[set[str]]:
    return [set(ids_of(part, names)) for unit in piece.units for part in _parts(piece, unit)]


@lru_cache(maxsize=8)
def _known_ids(piece: Piece) -> frozenset[str]:
    """Of records only: where traces are records too, theirs are also the ids of lanes."""
    own = {found for unit in piece.units for found in ids_of(unit, OWN_IDS[piece.format])}
    lanes = {found for unit in piece.units for found in ids_of(unit, LANE_IDS[piece.format])}
    return frozenset(one for one in own - lanes if len(one) >= _TELLING)


class Apart:
    """The rows of a reading that share nothing with damaged units of a piece."""

    def __init__(self, piece: Piece, before: Iterable[bytes], after: Iterable[bytes]) -> None:
        """`before` and `after` are the units, or the parts of them, that were hit."""
        own, lanes = OWN_IDS[piece.format], LANE_IDS[piece.format]
        self._known = _known_ids(piece)
        hit = [*before, *after]
        self._hit = bool(hit)
        self._ids = _reached(
            piece, {found for unit in hit for found in ids_of(unit, own)}, REACH[piece.format], own
        )
        self._lanes = {found for unit in hit for found in ids_of(unit, lanes)} | self._ids
        named = piece.format != "jaeger" or not any(b'"processes"' in unit for unit in hit)
        self._tables = _TABLES if named else tuple(name for name in _TABLES if name != "key_edges")
        wide = _WIDE.get(piece.format)
        if wide and any(wide.search(unit) for unit in hit):
            self._ids = self._lanes = _reached(piece, self._lanes, 2, own | lanes)

    def of(self, bags: Bags, lines: frozenset[int] = frozenset()) -> Bags:
        """Those of the rows, without their lines; rows read from `lines` are left out."""
        kept = {
            name: Counter(
                {row: times for row, times in bag.items() if not self._touches(name, dict(row), lines)}
            )
            for name, bag in bags.items()
            if name in self._tables
        }
        return without_lines(kept)

    def _touches(self, table: str, row: dict[str, Value], lines: frozenset[int]) -> bool:
        if row.get("line") in lines or (self._hit and str(row.get("span_key")).startswith(_OF_A_TURN)):
            return True
        ids, names = (self._lanes, _KEYS + _LANE_KEYS) if table in _BY_LANE else (self._ids, _KEYS)
        keys = [str(row[name]) for name in names if row.get(name)]
        whole = " ".join(keys)
        if table not in _BY_LANE and not any(found in whole for found in self._known):
            return True
        return any(
            found in whole
            if len(found) >= _TELLING
            else any(key.endswith((f":{found}", f"/{found}")) for key in keys)
            for found in ids
        )


def _reached(piece: Piece, ids: set[str], steps: int, names: frozenset[str]) -> set[str]:
    """With the ids that units share, from unit to unit."""
    parts = _ids_of_parts(piece, names)
    for _ in range(steps):
        ids = ids.union(*(part for part in parts if part & ids))
    return ids


def _parts(piece: Piece, unit: bytes) -> Iterator[bytes]:
    """What has ids of its own: a line; in a table, a row; in telemetry, a span or log record."""
    if piece.container == DOCUMENT and (rows := rows_in(json.loads(unit))):
        yield from (json.dumps(row).encode() for row in rows.values())
        return
    if piece.format != "otlp":
        yield unit
        return
    for document in documents_in(unit):
        for resources, scopes, items in (
            ("resourceSpans", "scopeSpans", "spans"),
            ("resourceLogs", "scopeLogs", "logRecords"),
        ):
            for resource in document.get(resources, []):
                for scope in resource.get(scopes, []):
                    for item in scope.get(items, []):
                        yield json.dumps(item).encode()
