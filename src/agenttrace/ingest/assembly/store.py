"""Raw rows on their way into sessions: in memory while they are few, else on disk, and given out by sessions.

What stays in memory of any input is one entry for each session key and key edge, and some numbers of each request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.frames import Frames, in_one_piece, together
from agenttrace.ingest.assembly.membership import Edge, Edges, membership
from agenttrace.ingest.assembly.parts import Part, request_facts, without_notes
from agenttrace.ingest.assembly.reach import edges_of_buckets, hashed, keys_of_buckets
from agenttrace.ingest.assembly.rows import Rows
from agenttrace.ingest.assembly.scattering import Sorted, places_of_buckets
from agenttrace.workers.engine import Engine

MEMORY_BYTES = 24 << 20
"""Raw rows beyond this size go to disk."""

BUCKET_ROWS = 24_000
"""Sessions are put together in buckets of about so many spans; a larger family of sessions is one by itself."""

FEW_ROWS = 1_000_000
"""Of so few spans buckets are twice as large: what is held beside them is less, and each costs something by itself."""


class RawStore:
    """Takes in raw rows source by source, and gives them out bucket by bucket. To be closed."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES, folder: Folder | None = None) -> None:
        """Nothing in it yet. `folder`: where rows may be laid down before they are added; one of its own if null.

        `only`: families alone count that have to do with one of these keys, hashed. `keys`: those of each bucket.
        """
        self._memory_bytes = memory_bytes
        self._parts: list[Part] = []
        self._held: list[int] = []
        self._held_bytes = self._size_bytes = 0
        self.folder = folder or Folder()
        self.only: frozenset[int] | None = None
        self.keys: Mapping[int, AbstractSet[int]] = {}
        self._ids: list[pl.Series] = []
        self._numbers: dict[str, int] = {}
        self._keys: list[NDArray[np.int32]] = []
        self._spans: Counter[str] = Counter()
        self._named: set[Edge] = set()
        self._strong: set[Edge] = set()
        self._weak: set[Edge] = set()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Removes what lies on disk."""
        self.folder.remove()

    def add(self, part: Part) -> None:
        """Rows of a source, in memory or in a file of the folder; a source may come in several parts."""
        notes = part.notes
        self._strong |= notes.strong
        self._weak |= notes.weak
        self._named |= notes.named
        self._spans.update(notes.spans)
        if len(notes.ids):
            self._ids.append(notes.ids)
        keys = {*notes.spans, *notes.others}
        numbers = (self._numbers.setdefault(key, len(self._numbers)) for key in keys)
        self._keys.append(np.fromiter(numbers, np.int32, len(keys)))
        if not isinstance(part.rows, Path):
            self._held.append(len(self._parts))
            self._held_bytes += part.size_bytes
        self._parts.append(without_notes(part))
        self._size_bytes += part.size_bytes
        if self._held_bytes > self._memory_bytes:
            self._spill()

    def join(self, edges: Iterable[Edge]) -> None:
        """These session keys are one session, too."""
        self._strong.update(edges)

    def has_common_ids(self) -> bool:
        """Whether an id occurs more than once among all ids of requests."""
        if not self._ids:
            return False
        ids = pl.concat(self._ids)
        return ids.n_unique() < len(ids)

    def requests(self) -> pl.DataFrame:
        """What tells requests apart, in the order in which they came: `REQUEST_FACTS`, and hashes.

        `key`: of the session key, `span`: of the span key, `id_a` and `id_b`: of the server's and the client's id
        of the request; null where there is none.
        """
        return pl.concat([request_facts(together([])), *map(request_facts, self._frames())])

    def request_keys(self, rows: np.ndarray) -> pl.DataFrame:
        """`origin`, `session_key` and `span_key` of requests, by their places in `requests()`."""
        found: list[pl.DataFrame] = []
        first = 0
        wanted = pl.DataFrame({"row": np.unique(rows).astype(np.uint32)})
        for frames in self._frames():
            here = frames.spans.filter(pl.col("kind") == "request").select(
                "origin", "session_key", "span_key"
            )
            numbered = here.with_row_index("row", offset=first)
            found.append(numbered.join(wanted, on="row", how="semi"))
            first += here.height
        known = pl.concat(found)
        places = pl.DataFrame({"row": rows.astype(np.uint32)})
        return places.join(known, on="row", how="left", maintain_order="left").drop("row")

    def members(self) -> pl.DataFrame:
        """Frame of `session_key`, `set` and `family`: what is one session, and what may hold copies."""
        return membership(sorted(self._spans), self._strong, self._weak)

    def buckets(self, engine: Engine) -> list[Rows]:
        """All rows, in pieces of complete families of sessions; those of one name are in one piece. Only once."""
        members = self.members()
        edges = self._strong | self._weak | self._named
        if self._size_bytes <= self._memory_bytes and self.only is None:
            self.keys = keys_of_buckets(dict.fromkeys(self._spans, 0), edges)
            whole = Edges(frozenset(self._strong), frozenset(self._weak))
            rows = together(list(self._frames())).map(in_one_piece)
            self._parts = []  # what they hold is in `rows` once more
            return [Rows(rows, members, whole)]
        self._spill()
        bucket = self._bucket_of_keys()
        bucket_of = dict(bucket.iter_rows())
        self.keys = keys_of_buckets(bucket_of, edges)
        parts, self._parts = self._sorted_parts(bucket_of), []
        places = places_of_buckets(parts, bucket, self.folder, engine)
        keys = bucket.partition_by("bucket", as_dict=True)
        strong, weak = (edges_of_buckets(bucket_of, each) for each in (self._strong, self._weak))
        return [
            Rows(
                places[number],
                members.join(keys[number,], on="session_key", how="semi"),
                Edges(frozenset(strong.get(number, ())), frozenset(weak.get(number, ()))),
                sum(self._spans[key] for key in keys[number,].get_column("session_key")),
            )
            for number in sorted(places)
        ]

    def _sorted_parts(self, bucket_of: Mapping[str, int]) -> list[Sorted]:
        """All parts, and which buckets they are of."""
        numbers = [bucket_of.get(key) for key in self._numbers]
        return [
            Sorted(part, {numbers[key] for key in keys.tolist()})
            for part, keys in zip(self._parts, self._keys, strict=True)
        ]

    def _spill(self) -> None:
        """What is in memory goes to disk, into one file after the others."""
        for place in self._held:
            self._parts[place] = self._parts[place].laid(self.folder.path / f"rows-{place}")
        self._held, self._held_bytes = [], 0

    def _frames(self) -> Iterator[Frames]:
        for part in self._parts:
            yield from part.frames()

    def _bucket_of_keys(self) -> pl.DataFrame:
        """`session_key` and `bucket`, filled up in the order of reading: what was read together lies together."""
        families = membership(list(self._spans), self._strong, self._weak | self._named)
        if self.only is not None:
            families = _having_to_do_with(families, self.only)
        sized = families.with_columns(
            spans=pl.Series([self._spans[key] for key in families.get_column("session_key")], dtype=pl.Int64)
        )
        groups = sized.group_by("family", maintain_order=True).agg(pl.col("spans").sum())
        numbers: list[int] = []
        number, filled, sizes = 0, 0, groups.get_column("spans").to_list()
        most = BUCKET_ROWS if sum(sizes) > FEW_ROWS else 2 * BUCKET_ROWS
        for size in sizes:
            if filled and filled + size > most:
                number, filled = number + 1, 0
            numbers.append(number)
            filled += size
        groups = groups.with_columns(bucket=pl.Series(numbers, dtype=pl.Int64))
        return families.join(groups, on="family").select("session_key", "bucket")


def _having_to_do_with(families: pl.DataFrame, keys: frozenset[int]) -> pl.DataFrame:
    """The families of which a key is one of these."""
    known = families.get_column("session_key")
    wanted = pl.Series([hashed(key) in keys for key in known], dtype=pl.Boolean)
    return families.filter(pl.col("family").is_in(families.filter(wanted).get_column("family").implode()))
