"""A folder for what does not fit into memory: made when somebody needs it, gone when its owner says so."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any


class Folder:
    """A folder where TMPDIR says; the same one in every process that it is sent to."""

    def __init__(self, made: Path | None = None) -> None:
        """Nothing is made yet, or it is that one."""
        self._made = made

    @property
    def path(self) -> Path:
        """Where it is."""
        self._made = self._made or Path(tempfile.mkdtemp(prefix="agenttrace-"))
        return self._made

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent, it is made."""
        return Folder, (self.path,)

    def remove(self) -> None:
        """Takes it away with all that is in it."""
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)


class KeptFolder(Folder):
    """One that somebody else takes away."""

    def remove(self) -> None:
        """It stays."""
