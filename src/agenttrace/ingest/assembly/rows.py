"""The rows of some sessions, wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from agenttrace.ingest.assembly import spill
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.membership import NO_EDGES, Edges


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of some session keys, in memory or in places on disk, and the edges of these keys.

    `members`: see `membership`. `spans`: how many there are.
    """

    held: Frames | Sequence[spill.Place]
    members: pl.DataFrame
    edges: Edges = NO_EDGES
    spans: int = 0

    def loaded(self) -> Rows:
        """The same, in memory."""
        return replace(self, held=self.frames())

    def frames(self) -> Frames:
        """All of them."""
        return self.held if isinstance(self.held, Frames) else spill.whole(self.held)
