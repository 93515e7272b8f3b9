"""Sources one by one, and those of one group together, so that memory is that of the largest group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.assemble import ReadSource
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.format import Format, GroupedFormat
from agenttrace.ingest.offers import blamed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A source that is read with others. `number`: its place among all."""

    number: int
    source: Source
    named: bool


@dataclass(slots=True)
class _Groups:
    """The sources of one format by their key, and the groups that were read, under all of their keys."""

    chosen: GroupedFormat
    waiting: dict[str, list[_Waiting]] = field(default_factory=dict)
    done: dict[str, list[_Waiting]] = field(default_factory=dict)

    def take(self, key: str) -> list[_Waiting]:
        """The sources of that key; a group that turns out to be part of a larger one is read again."""
        found = self.waiting.pop(key, [])
        again = self.done.pop(key, [])
        self.done = (
            {other: group for other, group in self.done.items() if group is not again} if again else self.done
        )
        return found + again


Take: TypeAlias = Callable[[ReadSource], None]
"""Takes a source, or the next part of the one before, which has the same path."""


class SourceReader:
    """Reads sources in their order, but for those that wait until all of their group are known."""

    def __init__(self, forced: Format | None, ledger: Ledger, take: Take) -> None:
        """`forced`: the format of every source, whatever is in it; `ledger` takes what is no trace, `take` the rest."""
        self._forced = forced
        self._ledger = ledger
        self._take = take
        self._read: dict[int, ReadSource] = {}
        self._groups: dict[str, _Groups] = {}

    def read(self, sources: Iterable[tuple[Source, bool]]) -> None:
        """All sources that can be read; with each, whether it was named: then InputError is raised."""
        for number, (source, named) in enumerate(sources):
            try:
                self._begin(number, source, named=named)
            except InputError as error:
                self._refuse(source, error, named=named)
        for groups in self._groups.values():
            while groups.waiting:
                self._read_group(groups)
        for number in sorted(self._read):
            self._take(self._read.pop(number))

    def _begin(self, number: int, source: Source, *, named: bool) -> None:
        chosen = self._forced or recognise(source)
        if isinstance(chosen, GroupedFormat):
            groups = self._groups.setdefault(chosen.id, _Groups(chosen))
            key, without_head = chosen.key_of(source), Source(source.path, source.content)
            groups.waiting.setdefault(key, []).append(_Waiting(number, without_head, named))
            return
        path, size = source.path, source.stored_bytes
        recorder = Recorder(lambda part: self._take(ReadSource(path, chosen.id, size, part)))
        with blamed(chosen, path):
            chosen.read(source, recorder)
            rest = recorder.trace()
        self._take(ReadSource(path, chosen.id, size, rest))

    def _read_group(self, groups: _Groups) -> None:
        """The first group that waits, with all that its records show to be part of it."""
        group = groups.chosen.begin()
        members: list[_Waiting] = []
        keys = {next(iter(groups.waiting))}
        while keys:
            for member in [member for key in sorted(keys) for member in groups.take(key)]:
                try:
                    group.add(member.source)
                    members.append(member)
                except InputError as error:
                    self._refuse(member.source, error, named=member.named)
            keys = group.keys & (groups.waiting.keys() | groups.done.keys())
        groups.done.update(dict.fromkeys(group.keys, members))
        for member, recorder in zip(members, group.finish(), strict=True):
            self._keep(member.number, member.source, groups.chosen, recorder)

    def _keep(self, number: int, source: Source, chosen: Format, recorder: Recorder) -> None:
        self._read[number] = ReadSource(source.path, chosen.id, source.stored_bytes, recorder.trace())

    def _refuse(self, source: Source, error: InputError, *, named: bool) -> None:
        if named:
            raise error
        self._ledger.add(error.finding, Severity.INFO, error.message, path=source.path)
