"""Pieces of the work of reading, which any process can do: some files, a slice of one, or groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.parts import Part
from agenttrace.ingest.format import Format, GroupedFormat, SlicedFormat
from agenttrace.ingest.groups import Waiting, read_groups
from agenttrace.ingest.laying import Laying, Place
from agenttrace.ingest.offers import blamed
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
    """All of a source."""

    format: str
    parts: tuple[Part, ...]


Outcome: TypeAlias = Refused | Grouped | Read


@dataclass(frozen=True, slots=True)
class FilesTask:
    """Sources, recognised and read one by one; `forced` is the id of their format, whatever is in them.

    `is_short`: they are small, all of them together.
    """

    sources: Sequence[Source]
    forced: str | None
    place: Place
    is_short: bool = False

    def perform(self) -> list[Outcome]:
        """An outcome for each."""
        laying = Laying(self.place)
        return [self._read(source, laying) for source in self.sources]

    def _read(self, source: Source, laying: Laying) -> Outcome:
        format_id = ""
        try:
            chosen = known_format(self.forced) if self.forced else recognise(source)
            format_id = chosen.id
            if isinstance(chosen, GroupedFormat):
                return Grouped(chosen.id, chosen.key_of(source))
            read_whole(chosen, source, laying)
        except InputError as error:
            return Refused(error, format_id, laying.parts())
        return Read(chosen.id, laying.parts())


def read_whole(chosen: Format, source: Source, laying: Laying) -> None:
    """All of a source, by its format alone."""
    recorder = laying.recorder()
    with blamed(chosen, source.path):
        chosen.read(source, recorder)
        rest = recorder.trace()
    laying.take(rest)


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
    """Groups of sources: by the number of each source its parts, or why it cannot be read; and all of their keys."""

    parts: Mapping[int, tuple[Part, ...]]
    refused: Mapping[int, InputError]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class GroupsTask:
    """Sources by the keys of their groups, which may turn out to belong together."""

    format: str
    waiting: Mapping[str, Sequence[Waiting]]
    place: Place

    def perform(self) -> GroupsRead:
        """What each of the sources gives."""
        chosen = known_format(self.format)
        if not isinstance(chosen, GroupedFormat):
            raise TypeError(self.format)
        laying = Laying(self.place)
        parts: dict[int, tuple[Part, ...]] = {}
        found = read_groups(chosen, self.waiting)
        for number in sorted(found.recorders):
            laying.take(found.recorders.pop(number).trace())
            parts[number] = laying.parts()
        return GroupsRead(parts, found.refused, frozenset(found.keys))


class Task(Protocol):
    """A piece of work."""

    def perform(self) -> Any:
        """Does it, wherever that is."""
        ...


def perform(task: Task) -> Any:
    """Does it: the function that an engine maps."""
    return task.perform()
