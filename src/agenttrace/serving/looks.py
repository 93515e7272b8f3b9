"""What all traces together tell of the server, gathered trace by trace."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from agenttrace.model.trace import Trace
from agenttrace.serving.observations import COLUMNS, observe
from agenttrace.serving.sampling import Sample
from agenttrace.serving.token_costs import STATED, state

_STRETCH_NS = 30 * 1_000_000_000
"""Longer than a wait for a first token, nearly always: who met whom is told inside of one stretch."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Waits in which a queue may hide, with the columns of COLUMNS, and stated prefills, with those of STATED."""

    waits: pl.DataFrame
    stated: pl.DataFrame


def look_at(trace: Trace) -> Look:
    """What one trace tells."""
    return Look(observe(trace), state(trace.spans))


class Looks:
    """Looks at any number of traces; holds a sample of what they saw, the same in whatever order they come."""

    def __init__(self) -> None:
        self._waits = Sample("dispatch_ns", _STRETCH_NS, pl.DataFrame(schema=COLUMNS))
        self._stated = Sample("prefill_ns", 1, pl.DataFrame(schema=STATED))

    def add(self, look: Look) -> None:
        """One more."""
        self._waits = self._waits.and_also(look.waits)
        self._stated = self._stated.and_also(look.stated)

    def samples(self) -> tuple[Sample, Sample]:
        """What is held of waits, and of stated prefills: to be kept, and taken in again some other day."""
        return self._waits, self._stated

    def take(self, waits: pl.DataFrame, stated: pl.DataFrame, levels: tuple[int, int]) -> None:
        """Rows of `samples`, with their levels."""
        self._waits = self._waits.joined_by(waits, levels[0])
        self._stated = self._stated.joined_by(stated, levels[1])

    def together(self) -> Look:
        """All of them as one; where it is a sample, a server in another stretch of time is another server."""
        waits = self._waits.rows
        if self._waits.level:
            stretch = pl.Series("stretch", self._waits.stretches())
            waits = waits.with_columns(worker=pl.struct("worker", stretch).hash())
        return Look(waits, self._stated.rows)


def seen_in(trace: Trace) -> Look:
    """A trace looked at as if it were one of many."""
    looks = Looks()
    looks.add(look_at(trace))
    return looks.together()
