"""Which rows are one session, which lane each is of, and when each is sent at the earliest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from agenttrace.ingest.formats.agentic_mooncake.rows import Dependency, Row
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.workload.earliest import Step, Wait, earliest_starts
from agenttrace.model.vocabulary import LinkKind, Severity


class Plays:
    """The rows of a file by session; dependencies on rows that are not there are left out."""

    def __init__(self, recorder: Recorder, rows: list[Row], origin: str) -> None:
        """`origin` tells plays of one name in different corpora apart."""
        self._recorder = recorder
        self._rows = self._distinct(rows)
        self._index = {row.request_id: number for number, row in enumerate(self._rows)}
        for row in self._rows:
            self._drop_unknown(row)
        self._names = self._session_names(origin)
        self.starts, self.cyclic = self._starts()

    def __iter__(self) -> Iterator[tuple[str, str, list[int]]]:
        """Of each session its key, its name, and the numbers of its rows."""
        sessions: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, named in enumerate(self._names):
            sessions[named].append(number)
        for (key, name), numbers in sessions.items():
            yield key, name, numbers

    def row(self, number: int) -> Row:
        """The row of that number."""
        return self._rows[number]

    def of(self, dependency: Dependency) -> int:
        """The number of the row that is waited for."""
        return self._index[dependency.request_id]

    def together(self, number: int, other: int) -> bool:
        """Whether two rows are of one session."""
        return self._names[number] == self._names[other]

    def _distinct(self, rows: list[Row]) -> list[Row]:
        found: dict[str, Row] = {}
        for row in rows:
            if row.request_id in found:
                example = "a request_id that an earlier row has: the later row is left out"
                self._recorder.finding("id_collision", Severity.WARNING, example, line=row.line)
            else:
                found[row.request_id] = row
        return list(found.values())

    def _drop_unknown(self, row: Row) -> None:
        known = [d for d in row.dependencies if d.request_id in self._index]
        lost = len(row.dependencies) - len(known)
        if lost:
            example = "a dependency on a request that is not in the file: left out"
            self._recorder.finding("unresolved_link", Severity.WARNING, example, line=row.line, count=lost)
        row.dependencies = known

    def _session_names(self, origin: str) -> list[tuple[str, str]]:
        """Key and name: of the play, or of the first of the rows that wait for each other."""
        top = list(range(len(self._rows)))

        def find(number: int) -> int:
            while top[number] != number:
                top[number] = top[top[number]]
                number = top[number]
            return number

        lanes: dict[str, int] = {}
        for number, row in enumerate(self._rows):
            if row.play is not None:
                continue
            linked = [self.of(dependency) for dependency in row.dependencies]
            if row.lane is not None:
                linked.append(lanes.setdefault(row.lane, number))
            for other in linked:
                a, b = sorted((find(number), find(other)))
                top[b] = a
        names = []
        for number, row in enumerate(self._rows):
            name = row.play if row.play is not None else self._first_name(self._rows[find(number)])
            names.append((f"agentic-mooncake:{origin}:{name}", name))
        return names

    def _first_name(self, row: Row) -> str:
        return row.lane or row.request_id

    def _starts(self) -> tuple[list[int], list[int]]:
        steps = [
            Step(
                row.not_before_ns or 0,
                row.length_ns or 0,
                [Wait(self.of(d), d.delay_ns, d.dispatch) for d in row.dependencies],
            )
            for row in self._rows
        ]
        starts, cyclic = earliest_starts(steps)
        if cyclic:
            example = "requests that wait for each other in a circle: they begin where else they could"
            line = self._rows[cyclic[0]].line
            self._recorder.finding(
                "dependency_cycle", Severity.WARNING, example, line=line, count=len(cyclic)
            )
        return starts, cyclic

    def lanes(self, numbers: list[int]) -> dict[str, tuple[str | None, bool]]:
        """Of each lane of a session, in order: the lane that spawned it, and whether that goes on without it."""
        parents: dict[str, str | None] = {}
        joined: set[str] = set()
        for number in numbers:
            row = self._rows[number]
            lane = row.lane or ""
            parents.setdefault(lane, None)
            for dependency in row.dependencies:
                other = self._rows[self.of(dependency)].lane or ""
                if other == lane:
                    continue
                if dependency.kind is LinkKind.SPAWNS:
                    parents[lane] = parents[lane] or other
                else:
                    joined.add(other)
        return {lane: (parent, lane not in joined) for lane, parent in parents.items()}
