"""The traces as test parameters, and each of them read once."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from contract.trace_files import SHARED, TraceFile, content, other_files, raw_of, samples, shared


def cases(files: list[TraceFile]) -> list[Any]:
    """Parameters for `files`, and one that is skipped where the third-party ones are absent."""
    found = [pytest.param(file, id=str(file)) for file in files]
    if SHARED.is_dir():
        return found
    why = f"third-party traces are not here: {SHARED} (name their folder in AGENTTRACE_SHARED_DATA)"
    return [*found, pytest.param(None, id="shared", marks=pytest.mark.skip(why))]


def of_format(format_id: str) -> list[TraceFile]:
    """All traces of one format."""
    return [file for file in samples() + shared() if file.format == format_id]


every_trace = pytest.mark.parametrize("file", cases(samples() + shared()))
every_dynamo_trace = pytest.mark.parametrize("file", cases(of_format("dynamo")))
every_other_file = pytest.mark.parametrize("file", cases(other_files()))


@cache
def raw_trace(file: TraceFile) -> RawTrace:
    """Its raw rows, read under no name."""
    return raw_of(content(file.path), file.format)


@cache
def trace(file: TraceFile) -> Trace:
    """The trace in it, read where it lies."""
    return read(file.path)
