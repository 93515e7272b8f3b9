"""Real traces, read once, and the sessions that their chains belong to."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

SETS = ("A", "B", "C-disagg", "D-claude-headers")


@cache
def raw_trace(path: Path) -> RawTrace:
    """What is read from a file, which is recognised first."""
    source = Source(str(path))
    assert DYNAMO.sniff(source.head)
    recorder = Recorder()
    DYNAMO.read(source, recorder)
    return recorder.trace()


def request_trace(folder: Path) -> RawTrace:
    """The request trace of one of the sets."""
    return raw_trace(folder / "request-trace.000000.jsonl.gz")


def truth(folder: Path, kind: str) -> list[dict[str, Any]]:
    """What the client wrote down itself: its rows of one type."""
    with gzip.open(folder / "harness-truth.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["type"] == kind]


def requests_of(trace: RawTrace) -> list[dict[str, Any]]:
    """The request spans."""
    return [row for row in trace.spans.to_pylist() if row["kind"] == "request"]


def root_of(trace: RawTrace) -> dict[str, str]:
    """For each session key the one at the top of its tree."""
    above: dict[str, str] = {row["key_a"]: row["key_b"] for row in trace.key_edges.to_pylist()}
    keys: list[Any] = trace.spans["session_key"].to_pylist()
    roots = {}
    for key in set(keys):
        root = key
        while root in above:
            root = above[root]
        roots[key] = root
    return roots
