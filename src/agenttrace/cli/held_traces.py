"""Traces that lie on disk between two looks at them: one at their requests, one at everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agenttrace.model.storage import load, save
from agenttrace.model.trace import Trace


class HeldTraces:
    """Takes traces in, and gives each of them out once, in the same order. To be closed."""

    def __init__(self) -> None:
        """Where TMPDIR says."""
        self._folder = tempfile.TemporaryDirectory(prefix="agenttrace-")
        self._held: list[Path] = []

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Removes what lies on disk."""
        self._folder.cleanup()

    def add(self, trace: Trace) -> None:
        """One more trace."""
        place = Path(self._folder.name) / str(len(self._held))
        save(trace, place)
        self._held.append(place)

    def __iter__(self) -> Iterator[Trace]:
        """What was added."""
        for place in self._held:
            yield load(place)
