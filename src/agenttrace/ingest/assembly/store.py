"""Raw rows on their way into sessions: in memory while they are few, else on disk, and given out by sessions.

What stays in memory of any input is one entry for each session key and key edge, and some numbers of each request.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import polars as pl

from agenttrace.ingest.assembly import spill
from agenttrace.ingest.assembly.frames import Frames, frames_of, together
from agenttrace.ingest.assembly.membership import Edge, membership
from agenttrace.ingest.raw import RawTrace

MEMORY_BYTES = 48 << 20
"""Raw rows beyond this size go to disk."""

BUCKET_ROWS = 32_000
"""Sessions are put together in buckets of about so many spans; a larger family of sessions is one by itself."""

REQUEST_FACTS = (
    "origin", "start_ns", "end_ns", "start_evidence", "end_evidence", "input_tokens", "output_tokens",
)  # fmt: skip


class RawStore:
    """Takes in raw rows source by source, and gives them out bucket by bucket. To be closed."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        """Nothing in it yet. The folder for what does not fit is made when it is needed, where TMPDIR says."""
        self._memory_bytes = memory_bytes
        self._held: list[Frames] = []
        self._held_bytes = 0
        self._folder: Path | None = None
        self._requests: list[pl.DataFrame] = []
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
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, origin: int, trace: RawTrace) -> None:
        """Rows of a source; a source may come in several parts."""
        for key_a, key_b, strong in zip(*trace.key_edges.to_pydict().values(), strict=True):
            (self._strong if strong else self._weak).add((key_a, key_b))
        frames = frames_of(trace, origin)
        self._note(frames)
        self._held.append(frames)
        self._held_bytes += sum(int(frame.estimated_size()) for frame in frames.items().values())
        if self._held_bytes > self._memory_bytes:
            self._spill()

    def join(self, edges: Iterable[Edge]) -> None:
        """These session keys are one session, too."""
        self._strong.update(edges)

    def take_requests(self) -> pl.DataFrame:
        """What tells requests apart, in the order in which they came: `REQUEST_FACTS`, and hashes. Only once.

        `key`: of the session key, `span`: of the span key, `id_a` and `id_b`: of the server's and the client's id
        of the request; null where there is none.
        """
        requests, self._requests = self._requests, []
        return pl.concat([_request_facts(together([])), *requests])

    def request_keys(self, rows: np.ndarray) -> pl.DataFrame:
        """`origin`, `session_key` and `span_key` of requests, by their places in `take_requests()`."""
        found: list[pl.DataFrame] = []
        first = 0
        wanted = pl.DataFrame({"row": np.unique(rows).astype(np.uint32)})
        for frames in self._parts():
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

    def buckets(self) -> Iterator[Frames]:
        """All rows, in pieces of complete families of sessions; those of one name are in one piece."""
        if self._folder is None:
            yield together(self._held)
            return
        folder = self._spill()
        bucket = self._bucket_of_keys()
        for frames in self._parts():
            _scatter(frames, bucket, folder)
        for number in sorted(set(bucket.get_column("bucket").to_list())):
            path = _bucket(folder, number)
            if path.exists():
                yield spill.whole(path)
                path.unlink()

    def _note(self, frames: Frames) -> None:
        for key, rows in frames.spans.group_by("session_key").len().iter_rows():
            self._spans[key] += rows
        for frame in (frames.agents, frames.sessions):
            for key in frame.get_column("session_key").unique():
                self._spans[key] += 0
        named = frames.sessions.select("source_id", "session_key").drop_nulls().unique()
        self._named.update((f"\0{name}", key) for name, key in named.iter_rows())
        requests = _request_facts(frames)
        if requests.height:
            self._requests.append(requests)

    def _spill(self) -> Path:
        folder = self._folder = self._folder or Path(tempfile.mkdtemp(prefix="agenttrace-"))
        for frames in self._held:
            spill.append(folder / "rows", frames)
        self._held, self._held_bytes = [], 0
        return folder

    def _parts(self) -> Iterator[Frames]:
        if self._folder is not None:
            yield from spill.parts(self._folder / "rows")
        yield from self._held

    def _bucket_of_keys(self) -> pl.DataFrame:
        """`session_key` and `bucket`, filled up in the order of keys, so that it is the same every time."""
        keys = sorted(self._spans)
        families = membership(keys, self._strong, self._weak | self._named)
        sized = families.with_columns(spans=pl.Series([self._spans[key] for key in keys], dtype=pl.Int64))
        groups = sized.group_by("family").agg(pl.col("spans").sum()).sort("family")
        numbers: list[int] = []
        number, filled = 0, 0
        for size in groups.get_column("spans").to_list():
            if filled and filled + size > BUCKET_ROWS:
                number, filled = number + 1, 0
            numbers.append(number)
            filled += size
        groups = groups.with_columns(bucket=pl.Series(numbers, dtype=pl.Int64))
        return families.join(groups, on="family").select("session_key", "bucket")


def _bucket(folder: Path, number: int) -> Path:
    return folder / f"bucket-{number}"


def _scatter(frames: Frames, bucket: pl.DataFrame, folder: Path) -> None:
    pieces: dict[int, dict[str, pl.DataFrame]] = defaultdict(dict)
    for name, frame in frames.items().items():
        placed = frame.join(bucket, on="session_key", maintain_order="left")
        for (number,), piece in placed.partition_by("bucket", as_dict=True, include_key=False).items():
            pieces[int(number)][name] = piece
    empty = together([]).items()
    for number, found in pieces.items():
        spill.append(_bucket(folder, number), Frames(**{**empty, **found}))


def _request_facts(frames: Frames) -> pl.DataFrame:
    requests = frames.spans.filter(pl.col("kind") == "request")
    ids = {"id_a": "request_id", "id_b": "client_request_id"}
    return requests.select(
        *REQUEST_FACTS,
        pl.col("session_key").hash().alias("key"),
        pl.col("span_key").hash().alias("span"),
        *(
            pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash()).alias(hashed)
            for hashed, name in ids.items()
        ),
    )
