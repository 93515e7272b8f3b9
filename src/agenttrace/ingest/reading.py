"""`read`: paths, folders, globs or standard input become one trace."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path

from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS, ReadSource, assemble
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.format import Format
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, formats, recognise
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Severity

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
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    forced = format_by_id(input_format) if input_format else None
    ledger = Ledger(())
    sources = [
        read_source
        for source, named in _sources([str(path) for path in given])
        if (read_source := _read_one(source, forced, ledger, named=named))
    ]
    return assemble(sources, ledger, suspend_after_ns=suspend_after_ns)


def _read_one(source: Source, forced: Format | None, ledger: Ledger, *, named: bool) -> ReadSource | None:
    try:
        chosen = forced or recognise(source)
        recorder = Recorder()
        chosen.read(source, recorder)
        return ReadSource(source.path, chosen.id, source.stored_bytes, recorder.trace())
    except InputError as error:
        if named:
            raise
        ledger.add(error.finding, Severity.INFO, error.message, path=source.path)
        return None


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
