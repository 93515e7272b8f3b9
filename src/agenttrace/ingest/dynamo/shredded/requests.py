"""Requests out of shredded records, with the hashes of their prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from agenttrace.ingest.dynamo.identity import Owner
from agenttrace.ingest.dynamo.prefixes import SIZES, Lists
from agenttrace.ingest.dynamo.records import Record
from agenttrace.ingest.dynamo.requests import COUNTS, MEASURES, TEXTS, WORKERS, priority_of, status_of
from agenttrace.ingest.dynamo.shredded.columns import ShreddedColumns
from agenttrace.ingest.dynamo.shredded.records import Owned, Records
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.shredded import Ints, UnusualShapeError
from agenttrace.ingest.shredded_fields import Numbers, ShreddedFields
from agenttrace.native.alike import common
from agenttrace.native.gathering import gather
from agenttrace.native.shredding import Kind

_HASHES = "request.replay.input_sequence_hashes"
_HASH_BYTES = 8
_NONE = -1


class RequestColumns(NamedTuple):
    """What `Requests.add_columns` takes."""

    block: ShreddedColumns
    finished: Sequence[tuple[Owner, Any, Record]]
    lists: Lists


def request_columns(records: Records, owned: Owned, recorder: Recorder) -> RequestColumns:
    """All requests of the records."""
    rows = records.rows("request_end")
    fields = records.fields(rows)
    if len(fields.found("request", Kind.OBJECT)) != len(rows):
        raise UnusualShapeError
    for path in ("request.worker", "request.replay"):
        fields.found(path, Kind.OBJECT)
    finish = fields.each("request.finish_reason_metadata", (Kind.OBJECT,), _finished)
    session = _numbered([owner.session_key for owner in owned.owners])[owned.place[rows]]
    lists, added, sizes = _lists(records, rows, fields, session)
    texts = owned.keys(rows) | {name: fields.texts(f"request.{name}") for name in TEXTS}
    values: dict[str, Sequence[Any]] = {
        "line": records.line[rows].tolist(),
        "input_trigger": fields.texts("agent_context.input_trigger").to_pylist(),
        "session_final": fields.booleans("agent_context.session_final"),
        "kv_hints": _hints(fields),
        "status": [each and each.status for each in finish],
        "priority": _priorities(fields),
        "hashes": added.tolist(),
        **{name: fields.each(f"request.worker.{name}", _WHOLE, _unsigned) for name in WORKERS},
    }
    numbers = {
        "event_time_unix_ms": fields.integers("event_time_unix_ms"),
        "trace_block_size": sizes,
        "input_length": fields.integers("request.replay.input_length"),
        **{name: fields.integers(f"request.{name}") for name in COUNTS},
        **{name: fields.floats(f"request.{name}") for name in MEASURES},
    }
    ends = zip(owned.of(rows), texts["request_id"].to_pylist(), finish, strict=True) if any(finish) else ()
    finished = [(owner, name, end.says) for owner, name, end in ends if end is not None]
    block = ShreddedColumns("request", values, texts, numbers, recorder)
    return RequestColumns(block, finished, lists)


class _Finished(NamedTuple):
    """Why requests ended."""

    says: Record
    status: str


def _finished(written: str) -> _Finished | None:
    says = orjson.loads(written)
    return _Finished(says, status_of(says)) if says else None


_WHOLE = (Kind.INTEGER, Kind.NUMBER)
_NO_TEXT = (Kind.OBJECT, Kind.ARRAY, Kind.TRUE, Kind.FALSE, *_WHOLE)


def _unsigned(written: str) -> int:
    if not written.isdecimal():
        raise UnusualShapeError
    return int(written)


def _hints(fields: ShreddedFields) -> list[Any]:
    paths = ("request.replay.kv_hints", "agent_context.kv_hints")
    of_replay, of_context = (fields.each(path, _NO_TEXT, orjson.loads) for path in paths)
    return [one or other for one, other in zip(of_replay, of_context, strict=True)]


def _priorities(fields: ShreddedFields) -> list[Any]:
    paths = ("request.agent_hints", "agent_context.agent_hints")
    hints = [fields.each(path, _NO_TEXT, orjson.loads) for path in paths]
    if not any(map(any, hints)):
        return hints[0]
    pairs = zip(*hints, strict=True)
    return [priority_of({"agent_hints": request}, {"agent_hints": context}) for request, context in pairs]


def _numbered(names: Sequence[str]) -> Ints:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def _lists(
    records: Records, rows: Ints, fields: ShreddedFields, session: Ints
) -> tuple[Lists, Ints, Numbers]:
    """The hashes, each list as the change of the one before in its session; how many each adds; sizes of blocks."""
    hashes = records.shreds.numbers()
    column = records.shreds[records.path(_HASHES)]
    if not column.kinds <= {Kind.NULL, Kind.ARRAY}:
        raise UnusualShapeError
    begin, count, there = (np.zeros(records.count, np.int64) for _ in range(3))
    begin[column.row], there[column.row] = column.value, column.kind == Kind.ARRAY
    count[column.row] = np.diff(column.value, append=len(hashes))
    begin, count, has = begin[rows], count[rows], there[rows] > 0
    sizes = fields.integers("request.replay.trace_block_size")
    if not (sizes.present & (sizes.values > 0) & (sizes.values < SIZES))[has].all():
        raise UnusualShapeError
    before = _before(session)
    follows = (before != _NONE) & has & has[before] & (sizes.values == sizes.values[before])
    most = np.where(follows, np.minimum(count, count[before]), 0)
    kept = common(hashes, begin, begin[before], most) if len(rows) else count
    return Lists(kept, _new(hashes, begin + kept, begin + count)), count - kept, sizes


def _before(session: Ints) -> Ints:
    """Of each row the one before it in its session."""
    order = np.argsort(session, kind="stable")
    same = np.flatnonzero(np.diff(session[order]) == 0)
    before = np.full(len(session), _NONE, np.int64)
    before[order[same + 1]] = order[same]
    return before


def _new(hashes: NDArray[np.uint64], begin: Ints, end: Ints) -> NDArray[np.uint64]:
    gathered = gather(hashes.view(np.uint8), begin * _HASH_BYTES, end * _HASH_BYTES)
    if gathered is None:
        raise UnusualShapeError
    return gathered[1].view(np.uint64)
