"""Every file below a path, and what there is beside files; nothing is opened, and no link to a folder followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path

from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import is_dataset
from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.registry import formats

MOST_LISTED = 1_000_000
"""More files than these are not even counted."""


@dataclass(slots=True)
class Listed:
    """`files` with their sizes, in order; datasets, which are folders; and whatever cannot be read, with the reason."""

    files: list[tuple[str, int]] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)

    def other(self, reason: str, path: str) -> None:
        """Something that is no file to be looked at."""
        self.others.setdefault(reason, []).append(path)


def list_files(paths: Sequence[str]) -> Listed:
    """Everything below the paths. InputError where one leads to nothing."""
    found = Listed()
    companions = [pattern for known in formats() for pattern in known.companions]
    for path in paths:
        for place in _places(path):
            if is_dataset(Location(place)):
                found.datasets.append(place)
            elif Path(place).is_dir():
                _list_folder(place, companions, found)
            else:
                _list_file(place, found)
    found.files = sorted(set(found.files))
    return found


def _places(path: str) -> list[str]:
    if not path:
        raise UsageError("an empty path", hint="a shell variable without a value, perhaps")
    if os.path.lexists(path):
        return [path]
    matching = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207  # may be absolute
    if not matching:
        raise InputError("no such file or folder", where=path, hint="check the path; quote a glob")
    return matching


def _list_folder(folder: str, companions: Sequence[str], found: Listed) -> None:
    def unlisted(error: OSError) -> None:
        found.other(f"a folder that cannot be listed: {error.strerror}", str(error.filename))

    for place, folders, names in os.walk(folder, onerror=unlisted):
        folders[:] = [name for name in sorted(folders) if _goes_into(str(Path(place, name)), found)]
        for name in names:
            path = str(Path(place, name))
            if name.startswith("."):
                found.other("a hidden file", path)
            elif any(fnmatch(name, pattern) for pattern in companions):
                found.other("belongs to a trace beside it", path)
            else:
                _list_file(path, found)
        if len(found.files) > MOST_LISTED:
            found.other("too many files: what follows was not listed", place)
            return


def _goes_into(folder: str, found: Listed) -> bool:
    if Path(folder).name.startswith("."):
        found.other("a hidden folder", folder)
    elif Path(folder).is_symlink():
        found.other("a link to a folder, which is not followed", folder)
    elif is_dataset(Location(folder)):
        found.datasets.append(folder)
    else:
        return True
    return False


def _list_file(path: str, found: Listed) -> None:
    try:
        about = Path(path).stat()
    except (OSError, ValueError) as error:
        found.other(f"cannot be seen: {getattr(error, 'strerror', None) or error}", path)
        return
    if stat.S_ISREG(about.st_mode):
        found.files.append((path, about.st_size))
    else:
        found.other(f"{_kind(about.st_mode)}, which is not opened", path)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a folder" if stat.S_ISDIR(mode) else "a device"


def spread(files: Sequence[tuple[str, int]], most: int) -> Iterator[tuple[str, int]]:
    """At most so many, evenly over all of them."""
    if len(files) <= most:
        yield from files
        return
    for place in range(most):
        yield files[place * len(files) // most]
