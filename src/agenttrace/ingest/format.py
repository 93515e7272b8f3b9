"""What a format is: it recognises content, and reads it into a recorder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source


class Format(Protocol):
    """One trace format. Stateless: one module-level instance serves every file."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        ...

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        ...

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        ...

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        ...

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source. What cannot be used becomes a finding; nothing is dropped silently."""
        ...


class Group(Protocol):
    """Sources that are read together, because each may hold only a part of what must be."""

    @property
    def keys(self) -> set[str]:
        """All keys met in what was added so far: sources with one of them belong here too."""
        ...

    def add(self, source: Source) -> None:
        """Reads one more source. InputError where it cannot be read to its end; what it gave so far may stay."""
        ...

    def finish(self) -> list[Recorder]:
        """A recorder for each source, in the order of adding, with the rows that come from it."""
        ...


@runtime_checkable
class GroupedFormat(Format, Protocol):
    """A format whose rows come of records that may lie in several files: it reads those together.

    Which file holds which record, and the order of files and lines, change nothing but the place of a row.
    """

    def key_of(self, source: Source) -> str:
        """What the source is a part of, told from as little of it as possible."""
        ...

    def begin(self) -> Group:
        """A group without sources."""
        ...


@runtime_checkable
class SlicedFormat(Format, Protocol):
    """A format of which a large source can be read in slices, each by another process.

    What a slice says of others (a span whose end stands elsewhere) is left until all are read. `read` gives the same
    as all slices and `settle` together, wherever the cuts are.
    """

    def slices(self, source: Source) -> Iterator[Any]:
        """The source in pieces that can be pickled, in order; `DamagedEnd` after what was good.

        A slice has an attribute `numbered`: whether its lines are numbered as those of the source, or from 1.
        """
        ...

    def read_slice(self, piece: Any, recorder: Recorder) -> Any:
        """Records a slice, and returns what is left for `settle`, which can be pickled."""
        ...

    def settle(self, left: Iterable[tuple[Any, int]], damage: DamagedEnd | None, recorder: Recorder) -> None:
        """Records what was left of each slice, in order; with each, the records before it if it is not `numbered`."""
        ...
