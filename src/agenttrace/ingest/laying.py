"""Where the rows of a piece of work go: with its result while they are few, else to disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.parts import Part, part_of
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder

_PART_ROWS = 8_192
"""Of spans: so many are worth a part of their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """For one piece of work: a folder, the beginning of names in it that nobody else uses, and what need not go there.

    `folder` is null where everything stays in memory.
    """

    folder: Folder | None
    name: str
    kept_bytes: int


@dataclass(frozen=True, slots=True)
class Together:
    """All rows of some sources, whose numbers these are, or what no other part has of them."""

    numbers: tuple[int, ...]
    part: Part


@dataclass(slots=True)
class Laying:
    """Takes what is recorded as parts, and lays down those beyond the bytes that may be kept."""

    place: Place
    _kept: int = 0
    _laid: int = 0
    _parts: list[Part] = field(default_factory=list)

    def recorder(self) -> Recorder:
        """An empty recorder, of which nothing is held that is much."""
        return Recorder(self.take)

    def take(self, raw: RawTrace) -> None:
        """The next part."""
        self._parts.append(self.laid([raw]))

    def laid(self, raws: Sequence[RawTrace]) -> Part:
        """All rows of these sources, as a part."""
        part = part_of(raws)
        folder = self.place.folder
        if folder is not None and self._kept + part.size_bytes > self.place.kept_bytes:
            self._laid += 1
            part = part.laid(folder.path / f"{self.place.name}-{self._laid}")
        else:
            self._kept += part.size_bytes
        return part

    def laid_together(self, raws: Iterable[tuple[int, RawTrace]]) -> Iterator[Together]:
        """The rows of sources by their numbers: of small ones several are a part, for each part costs something."""
        held: dict[int, RawTrace] = {}
        rows = 0
        for number, raw in raws:
            held[number] = raw
            rows += raw.spans.num_rows
            if rows >= _PART_ROWS:
                yield Together(tuple(held), self.laid(list(held.values())))
                held, rows = {}, 0
        if held:
            yield Together(tuple(held), self.laid(list(held.values())))

    def parts(self) -> tuple[Part, ...]:
        """The parts since the last time."""
        found, self._parts = tuple(self._parts), []
        return found
