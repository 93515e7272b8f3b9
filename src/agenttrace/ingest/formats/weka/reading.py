"""Reads Weka traces: one JSON document a session, or one in each line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from agenttrace.ingest import fields
from agenttrace.ingest.formats.weka.lanes import About, Lanes
from agenttrace.ingest.formats.weka.requests import Subagent, entries_of
from agenttrace.ingest.formats.weka.times import reading_of
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload.rows import WorkloadRows
from agenttrace.model.vocabulary import HashScope, Severity

_USUAL_BLOCK_TOKENS = 64


def read_traces(source: Source, recorder: Recorder) -> None:
    """One session for each document."""
    counted = recorder.records
    for line, value in read_values(source, recorder):
        if recorder.records == counted:
            recorder.records += 1
        if isinstance(value, dict) and isinstance(value.get("requests"), list):
            _read_trace(recorder, value, line)
        else:
            example = "a document without requests: left out"
            recorder.finding("record_unusable", Severity.WARNING, example, line=line)


def _read_trace(recorder: Recorder, trace: Mapping[str, Any], line: int) -> None:
    requests, subagents = entries_of(recorder, trace["requests"], line)
    if not requests and not subagents:
        example = "a trace without a request: left out"
        recorder.finding("record_unusable", Severity.WARNING, example, line=line)
        return
    reading = reading_of(requests, subagents)
    if reading.marks_ends:
        recorder.finding(
            "subagent_times_are_ends",
            Severity.INFO,
            "t of a subagent is when it ended: only so does it run while its parent waits",
            line=line,
        )
    block_tokens = fields.small_count(trace.get("block_size"))
    if not block_tokens:
        example = f"no block size is stated: {_USUAL_BLOCK_TOKENS} tokens"
        recorder.finding("block_size_assumed", Severity.WARNING, example, line=line)
    name = fields.text(trace.get("id"))
    key = f"weka:{name or _digest(trace['requests'])}"
    timed = any(request.length_ns is not None for request in requests) or any(map(_is_timed, subagents))
    scope = HashScope.SOURCE if trace.get("hash_id_scope") == "global" else HashScope.SESSION
    rows = WorkloadRows(recorder, scope)
    rows.session(key, name, timed=timed)
    about = About(key, line, reading, block_tokens or _USUAL_BLOCK_TOKENS, timed)
    Lanes(recorder, rows, about).record(requests, subagents)


def _is_timed(subagent: Subagent) -> bool:
    return any(request.length_ns is not None for request in subagent.requests) or any(
        map(_is_timed, subagent.subagents)
    )


def _digest(requests: Any) -> str:
    """A name made of what is asked, for a trace that has none."""
    try:
        said = orjson.dumps(requests, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # nested beyond what it writes, or a number of more than 64 bits
        said = json.dumps([_flat(request) for request in requests]).encode()
    return blake2b(said, digest_size=12).hexdigest()


def _flat(request: Any) -> list[tuple[str, Any]]:
    """What is not nested in it."""
    held = request.items() if isinstance(request, dict) else ()
    return [(name, value) for name, value in held if not isinstance(value, dict | list)]
