"""Residuals drawn anew: sessions get those of other sessions, so that what goes together stays together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.replay.fitting.observed import Floats
from agenttrace.replay.fitting.resimulation import Residuals
from agenttrace.replay.fleet import Factors


@dataclass(frozen=True, slots=True, eq=False)
class Jitter:
    """Where residuals come from: those of the requests themselves, or quantiles that a platform's file states."""

    own: Residuals | None = None
    prefill: Sequence[float] = ()
    decode: Sequence[float] = ()

    def draw(self, session: Ints, random: np.random.Generator) -> Factors:
        """Factors of all requests; `session`: of each of them."""
        if self.own is not None:
            return drawn_factors(session, self.own.prefill, self.own.decode, random)
        return sampled_factors(session, np.array(self.prefill), np.array(self.decode), random)


def drawn_factors(session: Ints, prefill: Floats, decode: Floats, random: np.random.Generator) -> Factors:
    """Of each request the residuals of one of a session drawn for its own, in order and over again if need be.

    `session`: of each request; they are drawn with replacement.
    """
    order = np.argsort(session, kind="stable")
    names, first, count = np.unique(session[order], return_index=True, return_counts=True)
    source = random.integers(len(names), size=len(names)) if len(names) else names
    effort, stretch = np.ones(len(session)), np.ones(len(session))
    for place, chosen in enumerate(source.tolist()):
        own = order[first[place] : first[place] + count[place]]
        other = order[first[chosen] : first[chosen] + count[chosen]]
        taken = other[(np.arange(len(own)) + int(random.integers(len(other)))) % len(other)]
        effort[own], stretch[own] = prefill[taken], decode[taken]
    return Factors(effort.tolist(), stretch.tolist())


def sampled_factors(
    session: Ints, prefill: np.ndarray, decode: np.ndarray, random: np.random.Generator
) -> Factors:
    """Of each request residuals drawn from quantiles; none where none are known."""
    count = len(session)

    def draw(quantiles: np.ndarray) -> list[float]:
        if not len(quantiles):
            return [1.0] * count
        spread = np.linspace(0, 1, len(quantiles))
        found: list[float] = np.interp(random.random(count), spread, quantiles).tolist()
        return found

    return Factors(draw(prefill), draw(decode))
