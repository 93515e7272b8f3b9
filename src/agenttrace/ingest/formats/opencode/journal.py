"""What SQLite keeps beside a database: the journal `-wal`, in which all that was written last lies.

`opencode run` leaves it behind when it ends, with the whole of what it did in it. Only SQLite can put the two
together, and it would write beside the file: it is given a copy.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agenttrace.ingest.source import Source

_LARGEST_BYTES = 4 << 30
_HEADER_BYTES = 32
_TRIES = 3


@contextmanager
def with_journal(source: Source) -> Iterator[Path | None]:
    """A copy of the database with its journal, as long as it is needed; None where there is none to be had."""
    place, journal = Path(source.file), Path(f"{source.file}-wal")
    with tempfile.TemporaryDirectory(prefix="agenttrace-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            too_large = place.stat().st_size + journal.stat().st_size > _LARGEST_BYTES
            found = not too_large and _copied(place, journal, copy)
        except OSError:
            found = False
        yield copy if found else None


def _copied(place: Path, journal: Path, copy: Path) -> bool:
    """Whether both were copied while nobody began the journal anew."""
    for _ in range(_TRIES):
        begin = _begin(journal)
        shutil.copyfile(place, copy)
        shutil.copyfile(journal, f"{copy}-wal")
        if _begin(journal) == begin:
            return True
    return False


def _begin(journal: Path) -> bytes:
    with journal.open("rb") as stream:
        return stream.read(_HEADER_BYTES)
