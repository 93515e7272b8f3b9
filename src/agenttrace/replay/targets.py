"""What sessions are replayed on: servers, with what is assumed of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agenttrace.replay.caution import Caution
from agenttrace.replay.costs import Rates
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.jitter import Jitter
from agenttrace.replay.quantities import Quantity

_ABOVE = 1.5


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that the answer rests on."""

    name: str
    number: Quantity


@dataclass(frozen=True, slots=True)
class VendorSaid:
    """A vendor's claim; `modelled`: the same by the cost model, None where it is of another kind.

    `of_size`: the model that the claim can be compared with, the served one if it is about as large as the claim's;
    `compared`: what the cost model says of that one. None where there is no such model.
    """

    what: str
    value: float
    unit: str
    modelled: float | None
    source: str
    of_size: str | None = None
    compared: float | None = None

    @property
    def excess(self) -> float | None:
        """How many times more the cost model says; None where it does not say half as much again."""
        if self.compared is None or self.compared <= _ABOVE * self.value:
            return None
        return self.compared / self.value


@dataclass(frozen=True, slots=True)
class Takes:
    """Hardware of some replicas. `gpu_racks`: GPUs over those that are linked, a rack or a server.

    `lpu_racks`: of the latency engine; 0: none, None: nothing tells how many.
    """

    gpus: float
    gpu_racks: float
    lpu_racks: float | None

    def times(self, replicas: int) -> Takes:
        """Of so many replicas that each take this."""
        lpu_racks = None if self.lpu_racks is None else self.lpu_racks * replicas
        return Takes(self.gpus * replicas, self.gpu_racks * replicas, lpu_racks)


@dataclass(frozen=True, slots=True)
class Target:
    """`build` makes the servers, with some numbers other than they are given; None for those that do not fit.

    `rates`: what a replica costs. `observed`: the conditions that its numbers were learnt from, by name.
    `split`: how the work is divided between engines. `takes`: what one replica takes. `deterministic`: the share of
    the decode that carries no jitter. `jitter`: its own, None: that of what served the sessions. `idle_engine`: the
    split leaves the latency engine nothing to do with this model. `cautions`: what was found when it was fitted.
    """

    platform: str
    model: str | None
    split: str | None
    build: Callable[[dict[str, float]], Deployment]
    assumptions: Sequence[Assumption]
    fits: bool = True
    takes: Takes | None = None
    deterministic: float = 0.0
    jitter: Jitter | None = None
    idle_engine: bool = False
    notes: Sequence[str] = field(default_factory=tuple)
    claims: Sequence[VendorSaid] = field(default_factory=tuple)
    rates: Rates = field(default_factory=Rates)
    observed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    cautions: Sequence[Caution] = ()

    @property
    def takes_in_all(self) -> Takes | None:
        """What all of its replicas take; None where nobody says."""
        served = self.build({})
        return self.takes and self.takes.times(served.replicas + served.decode_replicas)

    def drawn(self, random: np.random.Generator) -> Deployment:
        """The servers with every uncertain number somewhere in its interval."""
        changed = {}
        for assumption in self.assumptions:
            number = assumption.number
            if number.low is not None and number.high is not None and number.high > number.low:
                changed[assumption.name] = _between(number.low, number.value, number.high, random)
        return self.build(changed)


def _between(low: float, value: float, high: float, random: np.random.Generator) -> float:
    """A triangle over the interval, with its top at the value."""
    top = min(max(value, low), high)
    return float(random.triangular(low, top, high))
