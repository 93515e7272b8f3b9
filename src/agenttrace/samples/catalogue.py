"""Samples by name: written in any of their formats, or told as facts."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from agenttrace.errors import UsageError, meant
from agenttrace.samples.claude_code import claude_code_file, claude_code_project
from agenttrace.samples.dynamo import dynamo_file
from agenttrace.samples.otlp import otlp_file
from agenttrace.samples.script import SCRIPTS
from agenttrace.samples.telling import tell
from agenttrace.samples.truth import find_truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from agenttrace.samples.story import Story
    from agenttrace.samples.truth import Truth

DEFAULT_SEED = 33
CLAUDE_CODE = "claude-code"

_WRITERS: dict[str, Callable[[Story], bytes]] = {
    CLAUDE_CODE: claude_code_file,
    "dynamo": dynamo_file,
    "otlp": otlp_file,
}


def names() -> tuple[str, ...]:
    """The samples that there are."""
    return tuple(SCRIPTS)


def format_ids() -> tuple[str, ...]:
    """The formats that a sample can be written in."""
    return tuple(_WRITERS)


def describe(name: str) -> str:
    """What a sample shows, in one line."""
    _known(name, names(), "sample")
    return SCRIPTS[name].says


def truth(name: str, seed: int = DEFAULT_SEED) -> Truth:
    """What holds of a sample whatever it is written in: counts, tokens, joins, the division of its time."""
    _known(name, names(), "sample")
    return find_truth(tell(name, seed))


def sample_bytes(name: str, *, seed: int = DEFAULT_SEED, format_id: str = CLAUDE_CODE) -> bytes:
    """A sample as one file; the same seed gives the same bytes."""
    _known(name, names(), "sample")
    _known(format_id, format_ids(), "sample format")
    return _WRITERS[format_id](tell(name, seed))


def project_files(name: str, *, seed: int = DEFAULT_SEED) -> dict[str, bytes]:
    """A sample as the files of a Claude Code project folder, by their names below it."""
    _known(name, names(), "sample")
    return claude_code_project(tell(name, seed))


def write_sample(
    name: str,
    target: str | os.PathLike[str] | BinaryIO | TextIO,
    *,
    seed: int = DEFAULT_SEED,
    format_id: str = CLAUDE_CODE,
    split: bool = False,
) -> tuple[Path, ...]:
    """Write a sample, and say which files it became: none for a stream.

    A name that ends in `.gz` is compressed. A folder that exists, or `split`, takes a project folder instead
    of one file, which only `claude-code` has. A file appears complete or not at all.
    """
    if not isinstance(target, str | os.PathLike):
        _write_stream(target, sample_bytes(name, seed=seed, format_id=format_id))
        return ()
    path = Path(target)
    if not split and not path.is_dir():
        _write_whole(path, sample_bytes(name, seed=seed, format_id=format_id))
        return (path,)
    if format_id != CLAUDE_CODE:
        raise UsageError(
            f"only {CLAUDE_CODE} is written as a folder, not {format_id}", hint="name a file instead"
        )
    written = {path / part: content for part, content in project_files(name, seed=seed).items()}
    for file, content in written.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(file, content)
    return tuple(written)


def _known(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise UsageError(f"there is no {what} named {name!r}", hint=meant(name, known, "known"))


def _write_stream(stream: BinaryIO | TextIO, content: bytes) -> None:
    if isinstance(stream, io.TextIOBase):
        stream.write(content.decode())
    else:
        stream.write(content)  # type: ignore[arg-type]  # what is no text stream takes bytes


def _write_whole(path: Path, content: bytes) -> None:
    """Beside the target first, then renamed: a reader never meets half a file."""
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
