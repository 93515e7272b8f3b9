"""The exceptions of agenttrace, and the exit code that each one means.

    AgentTraceError
    ├── UsageError            options or configuration are at fault          exit 2
    ├── InputError            a named input cannot be read                   exit 2
    │   ├── UnknownFormatError    no known format claims the content
    │   │   └── RefusedFormatError    it is known, and not read
    │   └── AmbiguousFormatError  more than one format claims it
    ├── NoDataError           read, but nothing in it can be analysed        exit 3
    ├── StrictError           parse errors under --strict                    exit 4
    └── WorkerError           a process that shared the work is gone         exit 2

A fault that leaves the rest usable is no exception: it is a row of the findings table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class AgentTraceError(Exception):
    """Anything that agenttrace reports to its user; `hint` says what to try, if there is something."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        """`where` is a file, or `file:line`; the message says what was found and what was expected."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """One line, and the hint on a second one."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\nhint: {self.hint}" if self.hint else text


_MOST_NAMED = 40
"""Of more names that there are, the hint names no more."""


def near_names(typed: str, known: Iterable[str], most: int = 1) -> list[str]:
    """Those of the known names that may be meant, the likeliest first: spelt alike, or with more around what was typed.

    >>> near_names("kimi", ["glm-5", "kimi-k2-5"]), near_names("Decoed", ["decode", "tool"]), near_names("x", ["tool"])
    (['kimi-k2-5'], ['decode'], [])
    """
    from difflib import get_close_matches  # noqa: PLC0415  # only for a mistake

    names = {name.casefold(): name for name in known}
    text = typed.casefold()
    near = get_close_matches(text, names, n=most)
    if len(text) > 1:
        near += sorted(name for name in names if name.startswith(text))
    if len(text) > _LEAST_WITHIN:
        near += sorted(name for name in names if text in name)
    return [names[name] for name in dict.fromkeys(near)][:most]


_LEAST_WITHIN = 2
"""Longer text may stand anywhere in what was meant."""


def meant(typed: str, known: Iterable[str], there_are: str = "there are") -> str:
    """The hint for a name that is not known: the nearest of those that are, or all of them.

    >>> meant("spanz", ["sessions", "spans"])
    'did you mean spans?'
    >>> meant("x", ["sessions", "spans"])
    'there are: sessions, spans'
    """
    names = list(known)
    if near := near_names(typed, names):
        return f"did you mean {near[0]}?"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{there_are}: {', '.join(names[:_MOST_NAMED])}{more}"


class UsageError(AgentTraceError):
    """An option or a setting that cannot be meant."""


class InputError(AgentTraceError):
    """A named input that cannot be read. `finding` is its code where the input was not named by itself."""

    finding: ClassVar[str] = "unreadable"


class UnknownFormatError(InputError):
    """The content belongs to no known format."""

    finding: ClassVar[str] = "not_a_trace"


class RefusedFormatError(UnknownFormatError):
    """The content is known for what it is, and not read."""

    finding: ClassVar[str] = "refused"


class AmbiguousFormatError(InputError):
    """More than one format claims the content."""

    finding: ClassVar[str] = "ambiguous_format"


class NoDataError(AgentTraceError):
    """The input was read and holds nothing to analyse."""

    exit_code: ClassVar[int] = 3


class StrictError(AgentTraceError):
    """Something could not be parsed, and --strict was asked for."""

    exit_code: ClassVar[int] = 4


class WorkerError(AgentTraceError):
    """A process that did part of the work ended before it was done: killed, or out of memory."""
