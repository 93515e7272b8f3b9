"""Reads Agentic Mooncake lines of both versions.

Version 2 begins with a header that states block size and scope of hashes; its rows name play, lane and typed
dependencies. Version 1 has neither: rows that wait for each other are one session.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.agentic_mooncake.plays import Plays
from agenttrace.ingest.formats.agentic_mooncake.recording import Recording
from agenttrace.ingest.formats.agentic_mooncake.rows import Row, row_of
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload import recognition
from agenttrace.ingest.workload.blocks import USUAL_BLOCK_TOKENS, likely_block_size
from agenttrace.model.vocabulary import HashScope, Severity


def read_rows(source: Source, recorder: Recorder) -> None:
    """One request for each row; a session for each play, or for rows that wait for each other."""
    header: dict[str, Any] = {}
    rows = list(_rows(source, recorder, header))
    recorder.dialect("v2" if header or any(row.play is not None for row in rows) else "v1")
    block_tokens = fields.small_count(header.get("block_size")) or _assumed(recorder, rows)
    scope = HashScope.SESSION if header.get("hash_id_scope") == "local" else HashScope.SOURCE
    plays = Plays(recorder, rows, _origin(header))
    Recording(recorder, plays, block_tokens, scope).record()


def _rows(source: Source, recorder: Recorder, header: dict[str, Any]) -> Iterator[Row]:
    for line, value in read_lines(source, recorder):
        if isinstance(value, dict) and recognition.is_agentic_header(value):
            header.update(value)
            continue
        row = row_of(recorder, value, line) if isinstance(value, dict) else None
        if row is None:
            example = "a line without request_id: left out"
            recorder.finding("record_unusable", Severity.WARNING, example, line=line)
        else:
            yield row


def _origin(header: dict[str, Any]) -> str:
    """What tells plays of one name in different corpora apart: what the header says of its source."""
    return blake2b(repr(header.get("source")).encode(), digest_size=6).hexdigest() if header else ""


def _assumed(recorder: Recorder, rows: list[Row]) -> int:
    told = [
        (row.input_tokens, len(row.hashes)) for row in rows if row.input_tokens and row.hashes is not None
    ]
    if not told:
        return USUAL_BLOCK_TOKENS
    found = likely_block_size(told)
    example = f"no block size is stated: {found.tokens} tokens, with which {found.agreeing} of {found.asked} rows agree"
    severity = Severity.INFO if found.agreeing == found.asked else Severity.WARNING
    recorder.finding("block_size_assumed", severity, example)
    return found.tokens
