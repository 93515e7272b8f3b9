"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from agenttrace.errors import UsageError


def write_whole(file: str | Path, pieces: Iterable[str | bytes]) -> None:
    """Written beside and renamed: what was there is replaced, or stays. UsageError if it cannot be."""
    try:
        _write_beside(Path(file), pieces)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(file)) from error


def _write_beside(target: Path, pieces: Iterable[str | bytes]) -> None:
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
