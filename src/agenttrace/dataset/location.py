"""A place for files: on this machine, or in a store that pyarrow or fsspec knows by the scheme of its address."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs

from agenttrace.errors import InputError, UsageError

_SCHEME = "://"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
"""How the address of a store begins: one letter would be the drive of a path (`C://traces`)."""

_BESIDE = ".part"

_ERRNO = re.compile(r"\[errno (\d+)\]")
"""How pyarrow says at the end of a long sentence what the system said."""


@dataclass(frozen=True, slots=True)
class Location:
    """A folder or a file by its address: a path, or `scheme://...`. It can be pickled."""

    address: str

    def __truediv__(self, name: str) -> Location:
        """What is in the folder under that name."""
        return Location(f"{self.address.rstrip('/')}/{name}")

    @property
    def is_remote(self) -> bool:
        """Whether it is in a store, where a file appears when it is complete and nothing can be renamed cheaply."""
        return _ADDRESS.match(self.address) is not None

    def exists(self) -> bool:
        """Whether there is a file or a folder."""
        files, path = _files(self.address)
        with _told(self.address):
            return files.get_file_info(path).type != pafs.FileType.NotFound

    def read(self) -> bytes:
        """The file's bytes. Raises InputError where it cannot be read."""
        files, path = _files(self.address)
        with _told(self.address), files.open_input_file(path) as file:
            return file.read()

    def open(self) -> pa.NativeFile:
        """The file, to be read in any order. Raises InputError where it cannot be read."""
        files, path = _files(self.address)
        with _told(self.address):
            return files.open_input_file(path)

    def write(self, fill: Callable[[pa.NativeFile], int]) -> int:
        """A file that is complete or not there; one that was there is replaced. What `fill` says."""
        files, path = _files(self.address)
        if self.is_remote:
            with files.open_output_stream(path) as file:
                return fill(file)
        beside = f"{path}.{os.getpid()}{_BESIDE}"
        with pa.OSFile(beside, "wb") as file:
            said = fill(file)
        _flush(beside)
        Path(beside).replace(path)
        return said

    def make(self) -> None:
        """Makes the folder, and those above it."""
        files, path = _files(self.address)
        with _told(self.address):
            files.create_dir(path, recursive=True)

    def names(self) -> list[str]:
        """What is in the folder, in order; nothing where there is no folder."""
        files, path = _files(self.address)
        with _told(self.address):
            found = files.get_file_info(pafs.FileSelector(path, allow_not_found=True))
            return sorted(info.base_name for info in found)

    def sweep(self) -> None:
        """Takes away files of the folder that were begun by somebody who was killed."""
        if not self.is_remote:
            for left in Path(self.address).glob(f"*{_BESIDE}"):
                left.unlink(missing_ok=True)

    def remove(self) -> None:
        """Takes the folder away, with all that is in it, if it is there."""
        files, path = _files(self.address)
        if self.exists():
            files.delete_dir(path)


def _flush(path: str) -> None:
    """To the disk: a file that has its name has its bytes, even where the power goes."""
    with Path(path).open("rb") as file:
        os.fsync(file.fileno())


class _told:  # noqa: N801  # a context, read like a function
    """Errors of file systems as those of inputs."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, OSError):
            said = _ERRNO.search(str(error))
            what = os.strerror(int(said[1])) if said else error.strerror or str(error)
            raise InputError(what, where=self._address) from error


def _files(address: str) -> tuple[pafs.FileSystem, str]:
    if not _ADDRESS.match(address):
        return _local(), os.path.abspath(address)  # noqa: PTH100  # as a string, and links as they are
    scheme, _, rest = address.partition(_SCHEME)
    try:
        return _store(scheme, rest.partition("/")[0]), _path(scheme, rest)
    except (pa.ArrowInvalid, ValueError, ImportError) as error:
        raise UsageError(
            f"no file system for {scheme}{_SCHEME}",
            where=address,
            hint="pyarrow knows s3, gs, abfs and hdfs; others come with fsspec and a package of theirs",
        ) from error


def _path(scheme: str, rest: str) -> str:
    return f"/{rest.lstrip('/')}" if scheme == "file" else rest


@cache
def _local() -> pafs.LocalFileSystem:
    return pafs.LocalFileSystem()


@cache
def _store(scheme: str, host: str) -> pafs.FileSystem:
    """One connection a process. What pyarrow does not know is asked of fsspec, if it is installed."""
    try:
        found: Any = pafs.FileSystem.from_uri(f"{scheme}{_SCHEME}{host or '/'}")
        return found[0]  # type: ignore[no-any-return]
    except pa.ArrowInvalid:
        import fsspec  # noqa: PLC0415  # an extra

        return pafs.PyFileSystem(pafs.FSSpecHandler(fsspec.filesystem(scheme)))  # type: ignore[abstract]
