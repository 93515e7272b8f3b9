"""The records of a text, and whose they are."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from agenttrace.ingest.dynamo.identity import FIELDS, Owner, Owners
from agenttrace.ingest.dynamo.requests import COUNTS, MEASURES, TEXTS, WORKERS
from agenttrace.ingest.shredded import Ints, ShreddedText, UnusualShapeError
from agenttrace.ingest.shredded_fields import ShreddedFields
from agenttrace.ingest.text_columns import encoded, taken
from agenttrace.native.shredding import Integer, Kind, Numbers, Plan, Real, Shreds, Wish

EVENTS = ("request_end", "tool_start", "tool_end", "tool_error")
_ENVELOPE_BYTES = 200
_TEXTS = (Kind.TEXT, Kind.ESCAPED)


def _wish() -> dict[str, Wish]:
    request: dict[str, Wish] = {
        **dict.fromkeys(TEXTS),
        **dict.fromkeys(COUNTS, Integer),
        **dict.fromkeys(MEASURES, Real),
        "worker": dict.fromkeys(WORKERS),
        "finish_reason_metadata": None,
        "agent_hints": None,
        "replay": {
            "trace_block_size": Integer,
            "input_length": Integer,
            "input_sequence_hashes": Numbers,
            "kv_hints": None,
        },
    }
    tool: dict[str, Wish] = {
        **dict.fromkeys(("tool_call_id", "tool_class", "status", "error_type", "claude")),
        "duration_ms": Real,
        **dict.fromkeys(("started_at_unix_ms", "ended_at_unix_ms", "output_tokens"), Integer),
    }
    others = ("input_trigger", "session_final", "kv_hints", "agent_hints", "agent_headers")
    return {
        "schema": None,
        "event_type": None,
        "event_time_unix_ms": Integer,
        "agent_context": dict.fromkeys((*FIELDS, *others)),
        "request": request,
        "tool": tool,
    }


@cache
def _plan(*, enveloped: bool) -> Plan:
    record = _wish()
    return Plan({"event": record, "event_type": None} if enveloped else record | {"event": None})


class Owned(NamedTuple):
    """The agents of records: of each record the place of its own."""

    owners: list[Owner]
    place: Ints

    def of(self, rows: Ints) -> list[Owner]:
        """Those of some records."""
        return [self.owners[place] for place in self.place[rows].tolist()]

    def keys(self, rows: Ints) -> dict[str, pa.Array[Any]]:
        """The keys of sessions and agents of some records."""
        session_keys = pa.array([owner.session_key for owner in self.owners], pa.string())
        agent_keys = pa.array([owner.chain for owner in self.owners], pa.string())
        place = self.place[rows]
        return {"session_key": taken(session_keys, place), "agent_key": taken(agent_keys, place)}


class Records:
    """The records of a text, bare or in an envelope. Each has a known event and an agent's context.

    `line`: of each; `event`: its place in EVENTS. Raises UnusualShapeError where they are to be read one by one.
    """

    def __init__(self, text: bytes, first_line: int) -> None:
        enveloped = b'"event":' in text[:_ENVELOPE_BYTES]
        shreds = _plan(enveloped=enveloped).shred(text)
        if shreds is None or shreds.count("event_type" if enveloped else "event"):
            raise UnusualShapeError
        self._shreds, self._text = shreds, ShreddedText(text)
        self._prefix = "event." if enveloped else ""
        self._documents = shreds[""]
        self.line = self._documents.value + first_line
        self.count = len(self.line)
        self._require("event" if enveloped else "", "agent_context")
        self.event = self._events()

    @property
    def shreds(self) -> Shreds:
        """What was found of them."""
        return self._shreds

    def path(self, name: str) -> str:
        """Where a field stands."""
        return self._prefix + name

    def fields(self, rows: Ints) -> ShreddedFields:
        """The fields of some of them."""
        return ShreddedFields(self._shreds, self._text, self._prefix, rows)

    def rows(self, *events: str) -> Ints:
        """Those of these events."""
        return np.flatnonzero(np.isin(self.event, [EVENTS.index(event) for event in events]))

    def written(self, row: int) -> bytes:
        """A record as it stands in the text."""
        return self._text.text[self._documents.begin[row] : self._documents.end[row]]

    def _require(self, *paths: str) -> None:
        """All of them have these objects."""
        for path in paths:
            whole = path if path in ("", "event") else self.path(path)
            column = self._shreds[whole]
            if len(column) != self.count or not column.kinds <= {Kind.OBJECT}:
                raise UnusualShapeError

    def _events(self) -> Ints:
        found = self.fields(np.arange(self.count)).found("event_type", Kind.TEXT)
        names, code = encoded(self._text.texts(found))
        if len(found) != self.count or not set(names) <= set(EVENTS):
            raise UnusualShapeError
        places: Ints = np.array([EVENTS.index(name or "") for name in names], np.int64)
        return places[code]

    def owned(self, owners: Owners) -> Owned:
        """Whose they are; `owners` come to know them in the order of the records."""
        fields = self.fields(np.arange(self.count))
        keys = np.zeros((len(FIELDS), self.count), np.int64)
        texts: list[list[str | None]] = []
        for number, name in enumerate(FIELDS):
            found = fields.found(f"agent_context.{name}", *_TEXTS)
            if (found.begin == found.end).any():
                raise UnusualShapeError  # an empty name is none
            names, code = encoded(self._text.texts(found))
            texts.append([None, *names])
            keys[number, found.row] = code + 1
        _, first, place = np.unique(_joined(keys), return_index=True, return_inverse=True)
        order = np.argsort(first)
        found_owners: list[Owner] = []
        for row in first[order].tolist():
            context = {name: texts[number][keys[number, row]] for number, name in enumerate(FIELDS)}
            owner = owners.of(
                {name: text for name, text in context.items() if text is not None}, int(self.line[row])
            )
            if owner is None:
                raise UnusualShapeError
            found_owners.append(owner)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return Owned(found_owners, rank[place.reshape(-1)])

    def note_headers(self, owned: Owned, owners: Owners) -> None:
        """What headers say of the agents that made requests."""
        rows = self.rows("request_end")
        for owner in owned.of(rows):
            owner.asked = True
        headers = self.fields(rows).written("agent_context.agent_headers")
        told = dict.fromkeys(
            (place, each)
            for place, each in zip(owned.place[rows].tolist(), headers, strict=True)
            if each is not None
        )
        for place, each in told:
            owners.note_headers(owned.owners[place], orjson.loads(each))


def _joined(keys: Ints) -> Ints:
    """One number for the numbers of each column, in which those that are the same have the same."""
    joined = np.zeros(keys.shape[1], np.int64)
    for row in keys:
        if row.any():
            joined = np.unique(joined * (int(row.max()) + 1) + row, return_inverse=True)[1].reshape(-1)
    return joined
