"""A what-if as a value: what is changed, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias


class Subject(StrEnum):
    """What a term of a selector is about."""

    PHASE = "phase"
    TOOL = "tool"
    AGENT = "agent"
    MODEL = "model"
    PURPOSE = "purpose"
    SESSION = "session"


class Operator(StrEnum):
    """What is done with the time that is selected."""

    SCALE = "*"
    SET = "="
    ADD = "+"
    SUBTRACT = "-"


@dataclass(frozen=True, slots=True)
class Term:
    """`value` is a word for phases and purposes, a pattern of names for all others."""

    about: Subject
    value: str


@dataclass(frozen=True, slots=True)
class Change:
    """Other lengths for the gaps that all terms select. `factor` goes with SCALE, `duration_ns` with the others."""

    terms: tuple[Term, ...]
    operator: Operator
    factor: Fraction = Fraction(1)
    duration_ns: int = 0


@dataclass(frozen=True, slots=True)
class FullCache:
    """`cache=1.0`: every token that could come from the cache does."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """`fanout<=N`: at most so many branches of a join run at once."""

    most: int


AnyChange: TypeAlias = Change | FullCache | FanOut


@dataclass(frozen=True, slots=True)
class Spec:
    """Changes that apply together, in this order; `text` is how they were asked for."""

    text: str
    changes: tuple[AnyChange, ...]
