"""What a report is made of before anything is drawn: sections of cells that say what they are.

The terminal and Markdown draw the same sections, each in its way. `Quoted` is the only cell that may hold
text from a trace; whoever draws it escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agenttrace.model.vocabulary import Phase

Tone = Literal["plain", "faint", "strong", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Words:
    """Text and numbers of our own."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text from a trace. Where room is short it is wrapped, or its start or its end is given up."""

    text: str | None
    short_of: Literal["end", "start", "lines"] = "end"


@dataclass(frozen=True, slots=True)
class Bar:
    """A share of 1, drawn as long as it is."""

    share: float
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Spark:
    """A row of values as a small curve; null leaves a gap. `marks` are positions that get a sign below."""

    values: tuple[float | None, ...]
    highest: float
    marks: tuple[int, ...] = ()
    keeps: Literal["highest", "lowest"] = "highest"


Cell = Words | Quoted | Bar | Spark


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `remark` is a second line of its heading, and greys the whole column."""

    title: str
    kind: Literal["text", "number", "bar", "spark"] = "number"
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading, and sentences below it, which hold no text from a trace."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole report: the answer in words, what it counts, the sections, and where it comes from."""

    answer: str
    counts: str
    sections: tuple[Section, ...]
    origin: tuple[tuple[Words | Quoted, ...], ...]
