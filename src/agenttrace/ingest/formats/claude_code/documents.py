"""Transcripts as one JSON document, as the web service answers them: the records in a list, `loglines`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from agenttrace.ingest.json_text import BOM
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

_BEGIN_BYTES = 4_096
_BEGINS = re.compile(
    rb'\{\s*(?:"[\w-]{1,40}"\s*:\s*(?:"[^"\\]*"|[\d.]+|true|false|null)\s*,\s*)*"loglines"\s*:\s*\['
)
"""Nothing but plain values stands before the list."""
_LIST = "loglines"
_IDS = ("session_id", "sessionId", "uuid", "id")


def is_document(head: bytes) -> bool:
    """Whether such a document begins here."""
    return _BEGINS.match(head[:_BEGIN_BYTES].removeprefix(BOM).lstrip()) is not None


def lines_of(source: Source, recorder: Recorder) -> Iterator[bytes]:
    """Its records, each as a line. The document is held in memory; what is damaged in it is a finding."""
    document = read_document(source, recorder)
    found = document.get(_LIST) if isinstance(document, dict) else None
    records: list[Any] = found if isinstance(found, list) else []
    session = _session_of(document, records) if records else ""
    for record in _chained(records):
        named = {"sessionId": session, **record} if isinstance(record, dict) else record
        line = _written(named)
        if not line:
            what = "a record that is nested too deeply: left out"
            recorder.finding("record_unusable", Severity.WARNING, what)
        yield line + b"\n"


def _session_of(document: dict[str, Any], records: list[Any]) -> str:
    """The id of records that name no session: that of another record, or of the document, or by what begins it."""
    ids = [record.get("sessionId") for record in records if isinstance(record, dict)]
    ids += [document.get(key) for key in _IDS]
    named = next((found for found in ids if isinstance(found, str) and found), None)
    return named or f"begins-{hashlib.blake2b(_written(records[0]), digest_size=8).hexdigest()}"


def _written(record: Any) -> bytes:
    """As JSON, also what is nested more deeply, or has larger numbers, than the fast writer takes.

    Empty where it is nested more deeply than can be written at all.
    """
    try:
        return orjson.dumps(record)
    except TypeError:
        try:
            return json.dumps(record).encode()
        except RecursionError:
            return b""


def _chained(records: list[Any]) -> Iterator[Any]:
    """Where no record says what it follows, each follows the one before it."""
    if any(isinstance(record, dict) and "parentUuid" in record for record in records):
        yield from records
        return
    before = None
    for number, record in enumerate(records, 1):
        if isinstance(record, dict) and record.get("type") in ("user", "assistant", "system"):
            uuid = record.get("uuid") or f"record {number}"
            yield {**record, "uuid": uuid, "parentUuid": before}
            before = uuid
        else:
            yield record
