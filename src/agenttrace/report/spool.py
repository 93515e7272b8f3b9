"""What is said of each session, kept on disk until all sessions are known."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from agenttrace.report.as_json import session_lines

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_IN_MEMORY_BYTES = 8 << 20


class SessionLine(NamedTuple):
    """What is said of a session, with its start and name."""

    start_ns: int
    session: str
    line: bytes


def said_of_each(part: Analysis, top: int, labels: Mapping[str, str]) -> list[SessionLine]:
    """`as_json.session_lines` of an analysis."""
    starts = part.sessions.select("start_ns", "session").iter_rows()
    lines = session_lines(part, top=top, labels=labels)
    return [SessionLine(start, name, line) for (start, name), line in zip(starts, lines, strict=True)]


class SessionSpool:
    """Lines of `as_json.session_lines`, given out in the order of the sessions' starts. To be closed."""

    def __init__(self) -> None:
        """Nothing in it yet."""
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  # closed in __exit__
        self._places: list[tuple[int, str, int, int]] = []

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Removes what lies on disk."""
        self._file.close()

    def add(self, lines: Iterable[SessionLine]) -> None:
        """Some more sessions."""
        for start, session, line in lines:
            self._places.append((start, session, self._file.tell(), len(line)))
            self._file.write(line)

    def lines(self) -> Iterator[bytes]:
        """All sessions, by start and name."""
        for _, _, place, length in sorted(self._places):
            self._file.seek(place)
            yield self._file.read(length)
