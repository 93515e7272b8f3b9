"""A bounded part of a format's files as a trace: files that are small as they are, of large ones the beginning."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.doctor.listing import spread
from agenttrace.ingest.reading import read
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.trace import Trace

READ_WHOLE_BYTES = 4 << 20
"""Of a larger file only so much is read, once it is decompressed."""

MOST_FILES = 64
MOST_BYTES = 32 << 20
"""So many files of one format, and so much of all of them together."""

_LARGEST_WHOLE = 64 << 20
_UNCUT = (b"PAR1", b"SQLite format 3")
_PACKED = 8


@dataclass(frozen=True, slots=True)
class PartRead:
    """Traces of whole files and of beginnings. `unread`: why there is none."""

    traces: Sequence[Trace]
    examined: int
    cut: int
    unread: str | None = None


def read_part(files: Sequence[tuple[str, int]], format_id: str) -> PartRead:
    """At most MOST_FILES of these, evenly over all; what cannot be read is left out."""
    whole: list[str] = []
    budget, unread = MOST_BYTES, None
    with tempfile.TemporaryDirectory(prefix="agenttrace-") as folder:
        begun: list[str] = []
        for number, (path, size) in enumerate(spread(files, MOST_FILES)):
            if budget <= 0:
                break
            source = Source(path)
            packed = _is_packed(source)
            if size * (_PACKED if packed else 1) <= READ_WHOLE_BYTES or _must_be_whole(source, size):
                whole.append(path)
                budget -= size
            else:
                beginning = Path(folder, f"{number:05}")
                beginning.write_bytes(_beginning(source))
                begun.append(str(beginning))
                budget -= READ_WHOLE_BYTES
        traces = []
        for paths in (whole, begun):
            try:
                if paths:
                    traces.append(read(paths, input_format=format_id))
            except AgentTraceError as error:
                unread = error.message
    return PartRead(traces, len(whole) + len(begun), len(begun), unread)


def _is_packed(source: Source) -> bool:
    try:
        return not source.is_plain
    except AgentTraceError:
        return False


def _must_be_whole(source: Source, size: int) -> bool:
    """What cannot be cut anywhere, unless there is far too much of it."""
    return size <= _LARGEST_WHOLE and source.head.data.startswith(_UNCUT)


def _beginning(source: Source) -> bytes:
    """Up to the last line's end in the first READ_WHOLE_BYTES, if there is one."""
    data = b""
    with suppress(DamagedEnd, AgentTraceError):
        for block in source.blocks():
            data += block
            if len(data) >= READ_WHOLE_BYTES:
                break
    cut = data[:READ_WHOLE_BYTES]
    return cut[: cut.rfind(b"\n") + 1] or cut if len(data) > READ_WHOLE_BYTES else data
