"""Where output goes: data to standard output or to a file that appears whole, the rest to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

from agenttrace.api.writing import write_whole
from agenttrace.cli import interrupts
from agenttrace.cli.options import Color

UNSEEN_WIDTH = 100


def can_speak() -> bool:
    """Whether there is a standard output. To a standard error that is closed everything is said in vain."""
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    return sys.stdout is not None


def write_data(pieces: Iterable[str | bytes]) -> None:
    """To standard output: bytes as they are, text in its encoding, spelt in ASCII where it has to be."""
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece if isinstance(piece, bytes) else _encoded(piece))
    sys.stdout.buffer.flush()


def _encoded(text: str) -> bytes:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        from agenttrace.report.glyphs import to_ascii  # noqa: PLC0415  # needed on few machines

        return to_ascii(text).encode(encoding)


def write_file(path: str, pieces: Iterable[str | bytes]) -> None:
    """See `write_whole`; an interrupt leaves nothing behind."""
    with interrupts.raised():
        write_whole(path, pieces)


def wants_color(choice: Color) -> bool:
    """Whether to colour; `auto` goes by NO_COLOR, FORCE_COLOR and whether it is a terminal, in this order."""
    if choice is not Color.AUTO:
        return choice is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def output_width() -> int:
    """Columns of the terminal; what COLUMNS says, or 100, where output is not shown in one."""
    return shutil.get_terminal_size((UNSEEN_WIDTH, 24)).columns if _sized() else UNSEEN_WIDTH


def _sized() -> bool:
    return sys.stdout.isatty() or "COLUMNS" in os.environ


def discard_unwritten() -> None:
    """What can still be written is; what cannot (a full disk) does not fail again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        discard_output()


def discard_output() -> None:
    """After the reader of standard output went away: nothing more is said, not even at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
