"""What two sources tell of one run: the requests that are one, and whose clock is ahead."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from agenttrace.ingest.assembly.membership import Edge
from agenttrace.ingest.joining.clocks import Offset

_KEYS = {"origin": pl.Int32, "session_key": pl.String, "span_key": pl.String}
NO_PAIRS = pl.DataFrame(schema={**_KEYS, **{f"{name}_b": dtype for name, dtype in _KEYS.items()}})


@dataclass(frozen=True, slots=True)
class Matches:
    """`pairs`: requests that are one, as `origin`, `session_key`, `span_key` of each, the second with `_b`.

    `ahead`: of each source whose clock differs from the client's, by how much, and how that is known.
    """

    pairs: pl.DataFrame
    ahead: dict[int, tuple[int, Offset]]

    def edges(self) -> set[Edge]:
        """The session keys that are one."""
        return set(self.pairs.select("session_key", "session_key_b").unique().iter_rows())

    def alike(self, members: pl.DataFrame) -> dict[str, set[tuple[int, int]]]:
        """For each set of keys the pairs of sources that saw the same requests."""
        named = self.pairs.join(members, on="session_key").filter(pl.col("origin") != pl.col("origin_b"))
        found: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for name, a, b in named.select("set", "origin", "origin_b").unique().iter_rows():
            found[name].add((a, b))
        return dict(found)

    def among(self, members: pl.DataFrame) -> Matches:
        """Those of these session keys."""
        if self.pairs.is_empty():
            return self
        return Matches(self.pairs.join(members, on="session_key", how="semi"), self.ahead)
