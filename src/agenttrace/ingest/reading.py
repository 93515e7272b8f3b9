"""`read`: paths, folders, globs or standard input become one trace."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS, Assembly
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.store import MEMORY_BYTES, RawStore
from agenttrace.ingest.groups import SourceReader
from agenttrace.ingest.registry import format_by_id, formats
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace

STANDARD_INPUT = "-"


def read(
    paths: str | Path | Sequence[str | Path],
    *,
    input_format: str | None = None,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
) -> Trace:
    """The trace in files, folders, globs, or `-` for standard input.

    The format of each file is found by content; `input_format` overrides that. A file named by itself
    that cannot be read raises InputError; in a folder or a glob it becomes a finding.
    """
    with Reading(
        paths, input_format=input_format, suspend_after_ns=suspend_after_ns, memory_bytes=sys.maxsize
    ) as reading:
        (trace,) = reading.traces()
        return replace(trace, findings=reading.findings())


class Reading:
    """Files that are read once, and given out as traces of complete sessions, in memory that has a bound.

    Raw rows beyond `memory_bytes` lie on disk, where TMPDIR says, until the reading is closed.
    """

    def __init__(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        input_format: str | None = None,
        suspend_after_ns: int = DEFAULT_SUSPEND_NS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """Nothing is read yet. The arguments are those of `read`."""
        self._paths = [str(paths)] if isinstance(paths, (str, Path)) else [str(path) for path in paths]
        self._forced = format_by_id(input_format) if input_format else None
        self._ledger = Ledger(())
        self._store = RawStore(memory_bytes)
        self._assembly = Assembly(self._store, self._ledger, suspend_after_ns)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Removes what lies on disk."""
        self._store.close()

    def traces(self) -> Iterator[Trace]:
        """Every session in exactly one trace, their tables as `read` has them, but without findings.

        Raises InputError where a file named by itself cannot be read.
        """
        SourceReader(self._forced, self._ledger, self._assembly.add).read(_sources(self._paths))
        yield from self._assembly.traces()

    def findings(self) -> pa.Table:
        """All findings, once the last trace is out."""
        return self._ledger.table()


def _sources(paths: Sequence[str]) -> Iterable[tuple[Source, bool]]:
    """Each file once, with whether it was named by itself."""
    seen: set[str] = set()
    for path in paths:
        if path == STANDARD_INPUT:
            yield Source("<stdin>", sys.stdin.buffer.read()), True
            continue
        for file, named in _files(path):
            if not Path(file).is_file():
                yield Source(file, Path(file).read_bytes()), named
                continue
            resolved = str(Path(file).resolve())
            if resolved not in seen:
                seen.add(resolved)
                yield Source(file), named


def _files(path: str) -> Iterable[tuple[str, bool]]:
    if not path:
        raise UsageError("an empty path", hint="a shell variable without a value, perhaps")
    if Path(path).is_dir():
        return [(file, False) for file in _files_below(Path(path))]
    if has_magic(path) and not Path(path).exists():
        return _globbed(path)
    if not Path(path).exists():
        raise InputError(
            "no such file or folder",
            where=path,
            hint="check the path; quote a glob to let agenttrace expand it",
        )
    return [(path, True)]


def _globbed(pattern: str) -> list[tuple[str, bool]]:
    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # patterns may be absolute
    if not found:
        raise InputError("no file matches the pattern", where=pattern)
    files: list[tuple[str, bool]] = []
    for name in found:
        files += [(f, False) for f in _files_below(Path(name))] if Path(name).is_dir() else [(name, False)]
    return files


def _files_below(folder: Path) -> list[str]:
    companions = [pattern for known in formats() for pattern in known.companions]
    return sorted(
        str(file)
        for file in folder.rglob("*")
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not any(fnmatch(file.name, pattern) for pattern in companions)
    )
