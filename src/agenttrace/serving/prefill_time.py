"""How long prefill takes on a server without load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.serving.fitting import Floats

LEAST_REQUESTS = 20
"""Fewer requests of a model than these say nothing."""


@dataclass(frozen=True, slots=True)
class PrefillTime:
    """The unloaded time to the first token: base + per_token * u + per_token_context * u * n, in nanoseconds.

    u are uncached tokens, n all tokens of the prompt. `bound`: no more than an upper bound, for no request is
    known to have met an idle server. `error_ns`: half of the unloaded requests are nearer to the fit than that;
    `noise_share`: nearly all of them are nearer than this share of it. `calibrated`: fitted to another trace.
    """

    base_ns: float
    per_token_ns: float
    per_token_context_ns: float = 0.0
    error_ns: int = 0
    noise_share: float = 0.0
    requests: int = 0
    unloaded: int = 0
    bound: bool = True
    calibrated: bool = False

    def predict(self, uncached: Floats, context: Floats) -> Floats:
        """Nanoseconds, for counts of tokens."""
        return self.base_ns + uncached * (self.per_token_ns + self.per_token_context_ns * context)

    def queue_in(self, wait: Floats, uncached: Floats, context: Floats) -> Floats:
        """What of a wait is queue: nothing within the fit's noise, all beyond the prefill at twice the noise."""
        prefill = self.predict(uncached, context)
        beyond = np.clip(wait - prefill, 0.0, wait)
        noise = np.maximum(prefill * self.noise_share, 1.0)
        queue: Floats = beyond * np.clip(beyond / noise - 1.0, 0.0, 1.0)
        return queue
