"""How far two sides may lie apart beside what was sampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Drift:
    """A standard deviation on the scale of the effect; `freedom`: with how many degrees of freedom it is known."""

    sd: float = 0.0
    freedom: float = np.inf
