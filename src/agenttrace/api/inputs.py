"""What functions for programs take for sessions: a trace, or the paths of traces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace

Paths: TypeAlias = str | Path | Sequence[str | Path]
"""Files, folders, globs, `-` for standard input, or one dataset."""

Sessions: TypeAlias = Trace | Paths


def trace_of(
    sessions: Sessions, *, input_format: str | None = None, suspend_after_ns: int = DEFAULT_SUSPEND_NS
) -> Trace:
    """The trace itself, or what `read` makes of the paths."""
    if isinstance(sessions, Trace):
        return sessions
    return read(sessions, input_format=input_format, suspend_after_ns=suspend_after_ns)


def named(sessions: Sessions) -> list[str]:
    """The files that it was read from, as they were named."""
    if isinstance(sessions, Trace):
        return [str(path) for path in sessions.sources["path"].to_pylist()]
    return [str(sessions)] if isinstance(sessions, str | Path) else [str(path) for path in sessions]
