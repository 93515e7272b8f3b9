"""Paths, folders, globs and standard input become sources, each file once.

Of a folder or a glob, files and links to them are looked at, and what of them cannot be opened is for whoever
reads to tell; pipes, sockets and devices are not, for some of them never end. Links to folders are not
followed below a folder or `**`: they may go round in circles.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path

from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.piped import Piped
from agenttrace.ingest.registry import formats
from agenttrace.ingest.source import Source, opened

STANDARD_INPUT = "-"
_ANY_DEPTH = "**"
_LONG_PATH = "\\\\?\\"
"""What paths of Windows that may be long begin with."""


def sources_of(paths: Sequence[str], piped: Piped) -> Iterator[tuple[Source, bool]]:
    """Each file once, with whether it was named by itself; `piped` takes in what can be read only once.

    Raises InputError where a path leads to nothing.
    """
    seen: set[str] = set()
    for path in paths:
        if path == STANDARD_INPUT:
            yield piped.source("<stdin>", sys.stdin.buffer), True
            continue
        for file, named in _files(path):
            if named and not Path(file).is_file():
                with opened(file) as pipe:
                    yield piped.source(file, pipe), named
                continue
            resolved = os.path.realpath(file)
            if resolved not in seen:
                seen.add(resolved)
                yield Source(file), named


def _files(path: str) -> Iterable[tuple[str, bool]]:
    if not path:
        raise UsageError("an empty path", hint="a shell variable without a value, perhaps")
    if Path(path).is_dir():
        return [(file, False) for file in _files_below(path)]
    if is_pattern(path) and not Path(path).exists():
        return _globbed(path)
    if not Path(path).exists():
        raise InputError(
            "no such file or folder",
            where=path,
            hint="check the path; quote a glob to let agenttrace expand it",
        )
    return [(path, True)]


def is_pattern(path: str) -> bool:
    r"""Whether it has wildcards. The question mark at the begin of `\\?\C:\traces` is none."""
    return has_magic(path.removeprefix(_LONG_PATH))


def _globbed(pattern: str) -> list[tuple[str, bool]]:
    found = sorted(_matching(pattern))
    if not found:
        raise InputError("no file matches the pattern", where=pattern)
    files: list[tuple[str, bool]] = []
    for name in found:
        below = _files_below(name) if Path(name).is_dir() else [name] if _may_be_read(name) else []
        files += [(file, False) for file in below]
    return files


def _matching(pattern: str) -> list[str]:
    parts = Path(pattern).parts
    if _ANY_DEPTH not in parts:
        return glob(pattern)  # noqa: PTH207  # patterns may be absolute
    depth = next(number for number, part in enumerate(parts) if has_magic(part))
    base, rest = Path(*parts[:depth]), parts[depth:]
    hidden = any(part.startswith(".") for part in rest)
    return [
        str(file) for file in base.glob("/".join(rest)) if hidden or not _is_hidden(file.relative_to(base))
    ]


def _files_below(folder: str) -> list[str]:
    """In order; a folder that cannot be listed stands for what is in it."""
    companions = [pattern for known in formats() for pattern in known.companions]
    found: list[str] = []
    unlisted: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unlisted.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            str(Path(place, name))
            for name in names
            if not name.startswith(".") and not any(fnmatch(name, pattern) for pattern in companions)
        ]
    found += [str(error.filename) for error in unlisted]
    return sorted(file for file in found if _may_be_read(file))


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _may_be_read(file: str) -> bool:
    """Whether it is a file, or leads nowhere or to what cannot be seen, which is to be told."""
    try:
        mode = Path(file).stat().st_mode
    except OSError:
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
