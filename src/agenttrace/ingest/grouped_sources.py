"""The groups of all sources that wait: read as many at once as an engine can, until no two turn out to be one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from agenttrace.errors import InputError
from agenttrace.ingest.groups import Waiting
from agenttrace.ingest.laying import Place, Together
from agenttrace.ingest.tasks import GroupsRead, GroupsTask, perform
from agenttrace.workers.engine import Engine

SMALL_BYTES = 4 << 20
"""A file up to this size is read as one, and others with it, until they are as large together."""

_Group: TypeAlias = "tuple[str, dict[str, list[Waiting]]]"
"""A format, and sources of it by their keys."""


@dataclass(slots=True)
class AllGroups:
    """Rows of sources, by their numbers, with their format; and why others cannot be read."""

    read: list[tuple[str, Together]] = field(default_factory=list)
    refused: dict[int, InputError] = field(default_factory=dict)


class GroupedSources:
    """Sources that are read with others, by format and key."""

    def __init__(self) -> None:
        """None yet."""
        self._waiting: dict[str, dict[str, list[Waiting]]] = {}

    def add(self, format_id: str, key: str, waiting: Waiting) -> None:
        """One more source."""
        self._waiting.setdefault(format_id, {}).setdefault(key, []).append(waiting)

    def read(self, engine: Engine, place: Callable[[], Place]) -> AllGroups:
        """All of them. What several processes have read apart, and belongs together, is read again as one."""
        found = AllGroups()
        groups = list(self._groups())
        while groups:
            tasks = (
                GroupsTask(format_id, waiting, place(), _size_bytes(waiting) <= SMALL_BYTES)
                for format_id, waiting in groups
            )
            results = list(zip(groups, engine.map(perform, tasks), strict=True))
            groups = []
            for joined, result in _joined(results):
                if result is None:
                    groups.append(joined)
                    continue
                found.read += [(joined[0], together) for together in result.together]
                found.refused |= result.refused
        return found

    def _groups(self) -> Iterator[_Group]:
        """As pieces of work: small groups of a format are one, as far as they are small together."""
        for format_id, waiting in self._waiting.items():
            held: dict[str, list[Waiting]] = {}
            size = 0
            for key, sources in waiting.items():
                weight = _size_bytes({key: sources})
                if held and size + weight > SMALL_BYTES:
                    yield format_id, held
                    held, size = {}, 0
                held[key] = sources
                size += weight
            yield format_id, held


def _size_bytes(waiting: Mapping[str, Sequence[Waiting]]) -> int:
    return sum(each.source.stored_bytes for sources in waiting.values() for each in sources)


def _joined(results: Iterable[tuple[_Group, GroupsRead]]) -> list[tuple[_Group, GroupsRead | None]]:
    """The groups, those with a common key as one, which has no result yet."""
    joined: list[tuple[_Group, GroupsRead | None]] = []
    keys_of: list[set[str]] = []
    for group, result in results:
        keys = set(result.keys) | group[1].keys()
        same = [
            place
            for place, known in enumerate(keys_of)
            if joined[place][0][0] == group[0] and not keys.isdisjoint(known)
        ]
        if not same:
            joined.append((group, result))
            keys_of.append(keys)
            continue
        first = same[0]
        waiting = {key: sources for place in [*same] for key, sources in joined[place][0][1].items()}
        joined[first] = ((group[0], waiting | group[1]), None)
        keys_of[first] = keys.union(*(keys_of[place] for place in same))
        for place in reversed(same[1:]):
            del joined[place], keys_of[place]
    return joined
