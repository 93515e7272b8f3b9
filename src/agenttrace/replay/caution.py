"""One thing that weakens an answer, or a platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caution:
    """A finding of a replay or a fit. `count`: of what it holds for."""

    code: str
    severity: str
    count: int
    example: str
