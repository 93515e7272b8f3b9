"""Pieces of the work of reading, which any process can do: some files, a slice of one, or groups of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.parts import Part
from agenttrace.ingest.format import Format, GroupedFormat, SlicedFormat
from agenttrace.ingest.groups import Waiting, read_groups
from agenttrace.ingest.laying import Laying, Place, Together
from agenttrace.ingest.offers import blamed
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.registry import known_format, recognise
from agenttrace.ingest.source import Source


@dataclass(frozen=True, slots=True)
class Refused:
    """A source that cannot be read, or not any further than the parts say."""

    error: InputError
    format: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Grouped:
    """A source that is read with others: by a format, with those of the same key."""

    format: str
    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """All of a source; of a large one the rows are in these parts, but for the last ones."""

    format: str
    parts: tuple[Part, ...]


Outcome: TypeAlias = Refused | Grouped | Read


@dataclass(frozen=True, slots=True)
class FilesRead:
    """An outcome for each source, and rows of sources that were read, by their places among all."""

    outcomes: Sequence[Outcome]
    together: Sequence[Together]


@dataclass(frozen=True, slots=True)
class FilesTask:
    """Sources, recognised and read one by one; `forced` is the id of their format, whatever is in them.

    `is_short`: they are small, all of them together.
    """

    sources: Sequence[Source]
    forced: str | None
    place: Place
    is_short: bool = False

    def perform(self) -> FilesRead:
        """What comes of each."""
        laying = Laying(self.place)
        outcomes: list[Outcome] = []
        together = list(laying.laid_together(self._read_all(laying, outcomes)))
        return FilesRead(outcomes, together)

    def _read_all(self, laying: Laying, outcomes: list[Outcome]) -> Iterator[tuple[int, RawTrace]]:
        """What is left of each source that could be read, once its outcome is there."""
        for place, source in enumerate(given.afresh() for given in self.sources):
            format_id = ""
            try:
                chosen = known_format(self.forced) if self.forced else recognise(source)
                format_id = chosen.id
                if isinstance(chosen, GroupedFormat):
                    outcomes.append(Grouped(chosen.id, chosen.key_of(source)))
                    continue
                rest = _read_whole(chosen, source, laying)
            except InputError as error:
                outcomes.append(Refused(error, format_id, laying.parts()))
                continue
            outcomes.append(Read(chosen.id, laying.parts()))
            yield place, rest


def _read_whole(chosen: Format, source: Source, laying: Laying) -> RawTrace:
    """All of a source, by its format alone, without what was laid down meanwhile."""
    recorder = laying.recorder()
    with blamed(chosen, source.path):
        chosen.read(source, recorder)
        return recorder.trace()


@dataclass(frozen=True, slots=True)
class SliceRead:
    """A slice of a source. `left`: what only the whole source tells what to do with. `error`: it ended there."""

    parts: tuple[Part, ...]
    records: int
    left: Any = None
    error: InputError | None = None


@dataclass(frozen=True, slots=True)
class SliceTask:
    """A slice of a source, as its format cuts them."""

    format: str
    slice: Any
    place: Place
    is_short: ClassVar[bool] = True

    def perform(self) -> SliceRead:
        """Its rows, and what is left."""
        chosen = known_format(self.format)
        if not isinstance(chosen, SlicedFormat):
            raise TypeError(self.format)
        laying = Laying(self.place)
        recorder = laying.recorder()
        try:
            left = chosen.read_slice(self.slice, recorder)
        except InputError as error:
            return SliceRead(laying.parts(), recorder.records, error=error)
        laying.take(recorder.trace())
        return SliceRead(laying.parts(), recorder.records, left)


@dataclass(frozen=True, slots=True)
class GroupsRead:
    """Groups of sources: their rows, why some cannot be read, by their numbers, and the keys of all groups."""

    together: Sequence[Together]
    refused: Mapping[int, InputError]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupsTask:
    """Sources by the keys of their groups, which may turn out to belong together. `is_short`: they are small."""

    format: str
    waiting: Mapping[str, Sequence[Waiting]]
    place: Place
    is_short: bool = False

    def perform(self) -> GroupsRead:
        """What each of the sources gives."""
        chosen = known_format(self.format)
        if not isinstance(chosen, GroupedFormat):
            raise TypeError(self.format)
        found = read_groups(chosen, self.waiting)
        recorders = found.recorders
        traces = ((number, recorders.pop(number).trace()) for number in sorted(recorders))
        together = list(Laying(self.place).laid_together(traces))
        return GroupsRead(together, found.refused, frozenset(found.keys))


class Task(Protocol):
    """A piece of work."""

    def perform(self) -> Any:
        """Does it, wherever that is."""
        ...


def perform(task: Task) -> Any:
    """Does it: the function that an engine maps."""
    return task.perform()
