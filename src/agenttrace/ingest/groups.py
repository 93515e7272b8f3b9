"""Sources that are read together, so that memory is that of the largest group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agenttrace.errors import InputError
from agenttrace.ingest.format import Group, GroupedFormat
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


@dataclass(frozen=True, slots=True)
class Waiting:
    """A source that is read with others. `number`: its place among all."""

    number: int
    source: Source


@dataclass(slots=True)
class GroupsFound:
    """A recorder for each source by its number, why others cannot be read, and the keys of all groups."""

    recorders: dict[int, Recorder] = field(default_factory=dict)
    refused: dict[int, InputError] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Groups:
    """The sources by their key, and the groups that were read, under all of their keys."""

    waiting: dict[str, list[Waiting]]
    done: dict[str, list[Waiting]] = field(default_factory=dict)

    def take(self, key: str) -> list[Waiting]:
        """The sources of that key; a group that turns out to be part of a larger one is read again."""
        found = self.waiting.pop(key, [])
        again = self.done.pop(key, [])
        self.done = (
            {other: group for other, group in self.done.items() if group is not again} if again else self.done
        )
        return found + again


def read_groups(chosen: GroupedFormat, waiting: Mapping[str, Sequence[Waiting]]) -> GroupsFound:
    """All of these sources, each with all that its records show to belong to it."""
    groups = _Groups({key: list(sources) for key, sources in waiting.items()})
    found = GroupsFound()
    while groups.waiting:
        _read_group(chosen, groups, found)
    return found


def _read_group(chosen: GroupedFormat, groups: _Groups, found: GroupsFound) -> None:
    """The first group that waits, with all that its records show to be part of it."""
    group = chosen.begin()
    members: list[Waiting] = []
    keys = {next(iter(groups.waiting))}
    while keys:
        more = [member for key in sorted(keys) for member in groups.take(key)]
        added = _add(group, more, found)
        members += added
        while len(added) < len(more):  # one that fails in its middle has left something behind
            group, more = chosen.begin(), members
            members = added = _add(group, more, found)
        keys = group.keys & (groups.waiting.keys() | groups.done.keys())
    groups.done.update(dict.fromkeys(group.keys, members))
    found.keys |= group.keys
    for member, recorder in zip(members, group.finish(), strict=True):
        found.recorders[member.number] = recorder


def _add(group: Group, sources: Sequence[Waiting], found: GroupsFound) -> list[Waiting]:
    """Those of the sources that can be read to their end."""
    added = []
    for member in sources:
        try:
            group.add(member.source.afresh())
            added.append(member)
        except InputError as error:
            found.refused[member.number] = error
    return added
