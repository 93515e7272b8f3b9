"""What `doctor` finds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agenttrace.display import card, line
from agenttrace.ingest.doctor.lacks import Lack
from agenttrace.ingest.facts import FormatFacts
from agenttrace.units import format_bytes, format_count


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a format's files do not tell: of how many `of` all it is missing, and what says more.

    `unit`: what is counted, requests or sessions. `switches`: how to have it written, by what program.
    """

    lack: Lack
    missing: int
    of: int
    unit: str
    switches: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding of reading: damage for example; `file` and `example` are of the first one."""

    code: str
    severity: str
    count: int
    file: str | None
    example: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """All files of one format. What follows `examined` is of the files that were read, or of their beginnings.

    `cut`: how many of these were read in part. Instants are Unix nanoseconds, null where nothing states any.
    `producers`: programs and versions that heads name, each with the number of files.
    """

    format: str
    facts: FormatFacts
    files: int
    bytes: int
    examples: Sequence[str]
    producers: Mapping[str, int]
    examined: int = 0
    cut: int = 0
    sessions: int = 0
    requests: int = 0
    tool_calls: int = 0
    start_ns: int | None = None
    end_ns: int | None = None
    dialects: Sequence[str] = ()
    missing: Sequence[Missing] = ()
    faults: Sequence[Fault] = ()
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Files that are no trace, or cannot be looked at, all for one reason."""

    reason: str
    files: int
    bytes: int
    examples: Sequence[str]
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything. `files`: all that were listed; `looked_at`: those of which the head was read."""

    paths: Sequence[str]
    files: int
    bytes: int
    looked_at: int
    formats: Sequence[Found]
    unclaimed: Sequence[Unclaimed] = field(default_factory=tuple)

    @property
    def sampled(self) -> bool:
        """Whether there were so many files that not all were looked at."""
        return self.looked_at < self.files

    def __repr__(self) -> str:
        """One line: how many files, and of which formats."""
        return line(
            "Diagnosis", [("files", str(self.files)), *((of.format, str(of.files)) for of in self.formats)]
        )

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        rows = [["format", "files", "size", "sessions", "missing"]]
        for of in self.formats:
            lacking = ", ".join(one.lack.value.replace("_", " ") for one in of.missing)
            rows.append(
                [of.format, format_count(of.files), format_bytes(of.bytes), str(of.sessions), lacking]
            )
        return card(
            "Diagnosis", [("files", format_count(self.files)), ("size", format_bytes(self.bytes))], rows
        )
