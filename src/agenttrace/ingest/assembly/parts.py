"""A part of what was read: its rows, in memory or on disk, and what has to be known of them before assembly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from agenttrace.ingest.assembly import spill
from agenttrace.ingest.assembly.frames import Frames, frames_of
from agenttrace.ingest.assembly.membership import Edge, Edges
from agenttrace.ingest.assembly.units import mistaken_unit
from agenttrace.ingest.raw import RawTrace
from agenttrace.model.vocabulary import Severity

REQUEST_FACTS = (
    "origin", "start_ns", "end_ns", "start_evidence", "end_evidence", "input_tokens", "output_tokens",
)  # fmt: skip

_IDS = {"id_a": "request_id", "id_b": "client_request_id"}


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept in memory of rows wherever they lie.

    `spans`: rows of each session key. `others`: keys of other rows, of which there may be no spans. `named`: edges
    between a session's own name and its keys; `strong` and `weak` as in `raw.RAW_KEY_EDGES`. `ids`: hashes of the ids
    that requests have.
    """

    spans: Counter[str]
    others: frozenset[str]
    named: frozenset[Edge]
    strong: frozenset[Edge]
    weak: frozenset[Edge]
    ids: pl.Series


class Finding(NamedTuple):
    """A finding of a part; its line counts as the rows' lines do."""

    code: str
    severity: Severity
    times: int
    line: int | None
    example: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a source beside its rows. `unit`: that which its instants seem to be in, if it is a wrong one."""

    findings: tuple[Finding, ...] = ()
    records: int = 0
    dialects: tuple[str, ...] = ()
    unit: str | None = None

    def later(self, lines: int) -> Told:
        """The same, of what begins so many lines into the source."""
        findings = (
            found._replace(line=found.line + lines) if found.line is not None else found
            for found in self.findings
        )
        return replace(self, findings=tuple(findings))


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of one source, or all rows of several small ones, and what is `told` of each.

    It can be pickled. `rows`: a file of `spill` where they lie on disk; null where there are none.
    `origins`, the numbers of the sources, are not known to whoever reads them; nor are lines, where only the parts
    before tell how many there are. Both are made good by `placed`.
    """

    rows: Frames | Path | None
    size_bytes: int
    notes: Notes
    told: tuple[Told, ...]
    origins: tuple[int, ...] = (0,)
    lines_before: int = 0

    def laid(self, path: Path) -> Part:
        """The same, with its rows in that file."""
        if isinstance(self.rows, Frames):
            spill.append(path, self.rows)
        return replace(self, rows=path)

    def placed(self, origins: Sequence[int], lines_before: int = 0) -> Part:
        """The same, as a part of these sources, so many lines or records into them."""
        told = tuple(each.later(lines_before) for each in self.told) if lines_before else self.told
        return replace(self, told=told, origins=tuple(origins), lines_before=lines_before)

    def frames(self) -> Iterator[Frames]:
        """Its rows, with the numbers of their sources and their lines, in one or several pieces."""
        if self.rows is None:
            return iter(())
        pieces = spill.parts(self.rows) if isinstance(self.rows, Path) else iter((self.rows,))
        return (frames.placed(self.origins, self.lines_before) for frames in pieces)


def part_of(raws: Sequence[RawTrace]) -> Part:
    """What was recorded of a source, or of several, as a part in memory."""
    frames = frames_of(raws)
    edges = [edge for raw in raws if len(raw.key_edges) for edge in _edges_of(raw)]
    strong = frozenset((a, b) for a, b, is_strong in edges if is_strong)
    weak = frozenset((a, b) for a, b, is_strong in edges if not is_strong)
    return Part(frames, _size_bytes(frames), _notes(frames, Edges(strong, weak)), tuple(map(_told, raws)))


def _edges_of(raw: RawTrace) -> Iterator[tuple[str, str, bool]]:
    return zip(*raw.key_edges.to_pydict().values(), strict=True)


def _told(raw: RawTrace) -> Told:
    findings = tuple(
        Finding(row["code"], Severity(row["severity"]), row["count"], row["line"], row["example"])
        for row in raw.findings.to_pylist()
    )
    return Told(findings, raw.records, raw.dialects, mistaken_unit(raw.spans))


def part_again(frames: Frames, edges: Edges, records: int, dialects: tuple[str, ...]) -> Part:
    """Rows of a source that were a part of it before. What was found in them then is not found again."""
    told = Told(records=records, dialects=dialects)
    return Part(frames, _size_bytes(frames), _notes(frames, edges), (told,))


def part_without_rows(told: Told) -> Part:
    """What is told of a source, whose rows are in other parts."""
    return Part(None, 0, _NO_NOTES, (told,))


def _size_bytes(frames: Frames) -> int:
    return sum(int(frame.estimated_size()) for frame in frames.items().values())


def _notes(frames: Frames, edges: Edges) -> Notes:
    return Notes(
        _spans_of_keys(frames), _others(frames), _named(frames), edges.strong, edges.weak, _ids(frames)
    )


def without_told(part: Part) -> Part:
    """The same, where it is told elsewhere of its sources."""
    return replace(part, told=(_NOTHING,) * len(part.told))


def without_notes(part: Part) -> Part:
    """The same, once its notes are taken, and what it tells."""
    return replace(part, notes=_NO_NOTES, told=())


def _spans_of_keys(frames: Frames) -> Counter[str]:
    """Of keys that only an agent or a session has, none."""
    keys = frames.spans.get_column("session_key")
    times = dict(keys.value_counts().iter_rows())
    counted = Counter({key: times[key] for key in keys.unique(maintain_order=True)})
    for frame in (frames.agents, frames.sessions):
        for key in frame.get_column("session_key").unique(maintain_order=True):
            counted.setdefault(key, 0)
    return counted


def _others(frames: Frames) -> frozenset[str]:
    """Of rows that hang on spans, which another part may have."""
    hanging = (frames.marks, frames.links, frames.calls, frames.prefixes)
    return frozenset(key for frame in hanging for key in frame.get_column("session_key").unique())


def _named(frames: Frames) -> frozenset[Edge]:
    named = frames.sessions.select("source_id", "session_key").iter_rows()
    return frozenset((f"\0{name}", key) for name, key in named if name is not None)


def _ids(frames: Frames) -> pl.Series:
    is_request = frames.spans.get_column("kind") == "request"
    ids = (frames.spans.get_column(name).filter(is_request).drop_nulls() for name in _IDS.values())
    return pl.concat([each.hash() for each in ids]).alias("id")


def request_facts(frames: Frames) -> pl.DataFrame:
    """`REQUEST_FACTS`, and hashes of keys and ids, of each request."""
    requests = frames.spans.filter(pl.col("kind") == "request")
    return requests.select(
        *REQUEST_FACTS,
        pl.col("session_key").hash().alias("key"),
        pl.col("span_key").hash().alias("span"),
        *(
            pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash()).alias(hashed)
            for hashed, name in _IDS.items()
        ),
    )


_NOTHING = Told()
_NO_NOTES = Notes(
    Counter(), frozenset(), frozenset(), frozenset(), frozenset(), pl.Series("id", [], pl.UInt64)
)
