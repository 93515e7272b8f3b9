"""Sources one by one, and those of one group together, so that memory is that of the largest group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.assemble import ReadSource
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.format import Format, GroupedFormat
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


_Waitings = dict[str, list[_Waiting]]


class SourceReader:
    """Reads sources in their order, but for those that wait until all of their group are known."""

    def __init__(self, forced: Format | None, ledger: Ledger) -> None:
        """`forced`: the format of every source, whatever is in it; `ledger` takes what is no trace."""
        self._forced = forced
        self._ledger = ledger
        self._read: dict[int, ReadSource] = {}
        self._waiting: dict[str, tuple[GroupedFormat, _Waitings]] = {}

    def read(self, sources: Iterable[tuple[Source, bool]]) -> list[ReadSource]:
        """All sources that could be read; with each, whether it was named: then InputError is raised."""
        for number, (source, named) in enumerate(sources):
            try:
                self._begin(number, source, named=named)
            except InputError as error:
                self._refuse(source, error, named=named)
        for chosen, waiting in self._waiting.values():
            while waiting:
                self._read_group(chosen, waiting)
        return [self._read[number] for number in sorted(self._read)]

    def _begin(self, number: int, source: Source, *, named: bool) -> None:
        chosen = self._forced or recognise(source)
        if isinstance(chosen, GroupedFormat):
            _, waiting = self._waiting.setdefault(chosen.id, (chosen, {}))
            without_head = Source(source.path, source.content)
            waiting.setdefault(chosen.key_of(source), []).append(_Waiting(number, without_head, named))
            return
        recorder = Recorder()
        chosen.read(source, recorder)
        self._keep(number, source, chosen, recorder)

    def _read_group(self, chosen: GroupedFormat, waiting: _Waitings) -> None:
        """The first group that waits, with all that its records show to be part of it."""
        group = chosen.begin()
        members: list[_Waiting] = []
        keys = [next(iter(waiting))]
        while keys:
            for member in waiting.pop(keys.pop()):
                try:
                    group.add(member.source)
                    members.append(member)
                except InputError as error:
                    self._refuse(member.source, error, named=member.named)
            keys = [key for key in waiting if key in group.keys]
        for member, recorder in zip(members, group.finish(), strict=True):
            self._keep(member.number, member.source, chosen, recorder)

    def _keep(self, number: int, source: Source, chosen: Format, recorder: Recorder) -> None:
        self._read[number] = ReadSource(source.path, chosen.id, source.stored_bytes, recorder.trace())

    def _refuse(self, source: Source, error: InputError, *, named: bool) -> None:
        if named:
            raise error
        self._ledger.add("not_a_trace", Severity.INFO, error.message, path=source.path)
