"""Sources become pieces of work for an engine, and what comes back becomes parts of sources, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.assemble import OfSource, ReadPart
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.parts import Part, part_of, part_without_rows, without_told
from agenttrace.ingest.format import Format, GroupedFormat, SlicedFormat
from agenttrace.ingest.grouped_sources import SMALL_BYTES, GroupedSources
from agenttrace.ingest.groups import Waiting
from agenttrace.ingest.laying import Place, Together
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.ingest.tasks import FilesRead, FilesTask, Grouped, Refused, SliceRead, SliceTask, perform
from agenttrace.model.vocabulary import Severity
from agenttrace.workers.engine import Engine

_BATCH_FILES = 128

Take: TypeAlias = Callable[[ReadPart], None]
"""Takes a source, or the next part of the one before, which has the same path."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Where rows go while they are read: to the folder what is more than so many bytes of one piece of work."""

    folder: Folder | None
    kept_bytes: int
    numbers: Iterator[int] = field(default_factory=count)

    def place(self) -> Place:
        """That of the next piece of work."""
        return Place(self.folder, f"part-{next(self.numbers)}", self.kept_bytes)


@dataclass(frozen=True, slots=True)
class _Given:
    """A source; its place among all, and whether it was named by itself."""

    number: int
    source: Source
    named: bool


@dataclass(slots=True)
class _Sliced:
    """A source of which slices are being read. `left`: of each slice, and how many records came before it."""

    given: _Given
    chosen: SlicedFormat
    left: list[tuple[Any, int]] = field(default_factory=list)
    records: int = 0
    ended: bool = False
    damage: DamagedEnd | None = None


class SourceReader:
    """Reads sources in their order, but for those that wait until all of their group are known."""

    def __init__(self, forced: Format | None, ledger: Ledger, take: Take, engine: Engine, laid: Laid) -> None:
        """`forced`: the format of every source, whatever is in it; `ledger` takes what is no trace, `take` the rest."""
        self._forced = forced
        self._ledger = ledger
        self._take = take
        self._engine = engine
        self._laid = laid
        self._due: deque[tuple[bool, Callable[[Any], None]]] = deque()
        self._groups = GroupedSources()
        self._given: dict[int, _Given] = {}

    def read(self, sources: Iterable[tuple[Source, bool]]) -> None:
        """All sources that can be read; with each, whether it was named: then InputError is raised."""
        given = (_Given(number, source, named) for number, (source, named) in enumerate(sources))
        for result in self._engine.map(perform, self._tasks(given)):
            _, handle = self._due.popleft()
            handle(result)
            self._go_on()
        self._go_on()
        self._read_groups()

    def _later(self, action: Callable[[], None]) -> None:
        """Done here, once the results of all work that was given out before are in."""
        self._due.append((False, lambda _: action()))
        self._go_on()

    def _go_on(self) -> None:
        while self._due and not self._due[0][0]:
            self._due.popleft()[1](None)

    def _expect(self, handle: Callable[[Any], None]) -> None:
        self._due.append((True, handle))

    def _tasks(self, sources: Iterator[_Given]) -> Iterator[FilesTask | SliceTask]:
        """The work of reading, in the order of the sources. What goes wrong with giving it out has its place there."""
        batch: list[_Given] = []
        size = 0
        try:
            for given in sources:
                weight = given.source.stored_bytes
                if batch and (size + weight > SMALL_BYTES or len(batch) == _BATCH_FILES):
                    yield self._files(batch, small=True)
                    batch, size = [], 0
                if weight > SMALL_BYTES:
                    yield from self._large(given)
                else:
                    batch.append(given)
                    size += weight
            if batch:
                yield self._files(batch, small=True)
        except Exception as error:  # noqa: BLE001  # it is raised in its turn
            if batch:
                yield self._files(batch, small=True)
            self._later(_raising(error))

    def _files(self, batch: list[_Given], *, small: bool) -> FilesTask:
        self._expect(lambda read: self._take_files(batch, read))
        forced = self._forced.id if self._forced else None
        return FilesTask([given.source for given in batch], forced, self._laid.place(), is_short=small)

    def _take_files(self, batch: list[_Given], read: FilesRead) -> None:
        for given, outcome in zip(batch, read.outcomes, strict=True):
            if isinstance(outcome, Grouped):
                self._wait(given, outcome.format, outcome.key)
                continue
            for part in outcome.parts:
                self._give(given.source, outcome.format, part)
            if isinstance(outcome, Refused):
                self._refuse(given, outcome.error)
        for together in read.together:
            sources = [_of(batch[place].source, read.outcomes[place].format) for place in together.numbers]
            self._take(ReadPart(sources, together.part))

    def _large(self, given: _Given) -> Iterator[FilesTask | SliceTask]:
        source = given.source.afresh()
        try:
            chosen = self._forced or recognise(source)
            if isinstance(chosen, GroupedFormat):
                key, group = chosen.key_of(source), chosen.id
                self._later(lambda: self._wait(given, group, key))
            elif isinstance(chosen, SlicedFormat):
                yield from self._slices(given, chosen)
            else:
                yield self._files([given], small=False)
        except InputError as error:
            refusal = error
            self._later(lambda: self._refuse(given, refusal))

    def _slices(self, given: _Given, chosen: SlicedFormat) -> Iterator[SliceTask]:
        sliced = _Sliced(given, chosen)
        try:
            for piece in chosen.slices(given.source.afresh()):
                if sliced.ended:
                    return
                self._expect(self._slice_taker(sliced, numbered=piece.numbered))
                yield SliceTask(chosen.id, piece, self._laid.place())
        except DamagedEnd as error:
            sliced.damage = error
        except InputError as error:
            refusal = error
            self._later(lambda: self._end(sliced, refusal))
        self._later(lambda: self._settle(sliced))

    def _slice_taker(self, sliced: _Sliced, *, numbered: bool) -> Callable[[SliceRead], None]:
        def take(read: SliceRead) -> None:
            if sliced.ended:
                return
            before = 0 if numbered else sliced.records
            for part in read.parts:
                self._give(sliced.given.source, sliced.chosen.id, part, before)
            sliced.records += read.records
            sliced.left.append((read.left, before))
            if read.error is not None:
                self._end(sliced, read.error)

        return take

    def _end(self, sliced: _Sliced, error: InputError) -> None:
        if not sliced.ended:
            sliced.ended = True
            self._refuse(sliced.given, error)

    def _settle(self, sliced: _Sliced) -> None:
        if sliced.ended:
            return
        source, chosen = sliced.given.source, sliced.chosen
        recorder = Recorder(lambda raw: self._give(source, chosen.id, part_of([raw])))
        recorder.records_before(sliced.records)
        chosen.settle(sliced.left, sliced.damage, recorder)
        self._give(source, chosen.id, part_of([recorder.trace()]))

    def _give(self, source: Source, format_id: str, part: Part, lines_before: int = 0) -> None:
        self._take(ReadPart([_of(source, format_id)], part, lines_before))

    def _wait(self, given: _Given, format_id: str, key: str) -> None:
        self._given[given.number] = given
        self._groups.add(format_id, key, Waiting(given.number, given.source))

    def _read_groups(self) -> None:
        found = self._groups.read(self._engine, self._laid.place)
        for number, error in sorted(found.refused.items()):
            self._refuse(self._given[number], error)
        self._tell_all(found.read)
        for format_id, together in sorted(found.read, key=lambda read: read[1].numbers):
            sources = [_of(self._given[number].source, format_id) for number in together.numbers]
            self._take(ReadPart(sources, without_told(together.part)))

    def _tell_all(self, read: Iterable[tuple[str, Together]]) -> None:
        """What is told of each source, in their order, whatever others its rows come with."""
        told = {
            number: (format_id, each)
            for format_id, together in read
            for number, each in zip(together.numbers, together.part.told, strict=True)
        }
        for number, (format_id, each) in sorted(told.items()):
            self._give(self._given[number].source, format_id, part_without_rows(each))

    def _refuse(self, given: _Given, error: InputError) -> None:
        if given.named:
            raise error
        self._ledger.add(error.finding, Severity.INFO, error.message, path=given.source.path)


def _of(source: Source, format_id: str) -> OfSource:
    return OfSource(source.path, format_id, source.stored_bytes)


def _raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it
