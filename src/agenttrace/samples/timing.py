"""How long things take in a sample session: a small model of a server, of tools and of a person.

All draws come from one seeded generator. `pace` scales what machines do, so that a script with a wall time
of its own meets it; what the user does is not scaled.
"""

from __future__ import annotations

from math import log
from random import Random
from typing import TYPE_CHECKING

from agenttrace.samples.story import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOOLS: dict[str, tuple[float, float]] = {  # median in seconds, sigma of its logarithm
    "Read": (0.055, 0.5),
    "Grep": (0.22, 0.7),
    "Glob": (0.12, 0.6),
    "Edit": (0.09, 0.5),
    "Bash": (5.0, 0.85),
    "WebFetch": (3.8, 0.45),
}
_SLOW_TEST_S = 116.0
_MICROSECOND = 1_000


class Timing:
    """Durations in nanoseconds; each call draws."""

    def __init__(self, seed: str, pace: float = 1.0) -> None:
        self.random = Random(seed)  # noqa: S311 - reproducible, not secret
        self._pace = pace

    def lognormal(self, median: float, sigma: float) -> float:
        """A draw from the lognormal distribution of that median."""
        return self.random.lognormvariate(log(median), sigma)

    def pick(self, weighted: Sequence[tuple[str, float]], count: int) -> tuple[str, ...]:
        """So many names, by weight, repetitions allowed."""
        names, weights = zip(*weighted, strict=True)
        return tuple(self.random.choices(names, weights, k=count))

    def queue_ns(self, width: int) -> int:
        """Waiting for a slot: short, longer among `width` parallel agents, now and then seconds."""
        seconds = self.lognormal(0.024, 0.7) * (1 + 0.6 * (width - 1))
        burst = self.lognormal(1.3, 0.5)
        return self._micros(seconds + burst if self.random.random() < 0.05 + 0.006 * width else seconds)

    def prefill_ns(self, uncached_tokens: int, input_tokens: int) -> int:
        """Reading what is not cached, and attending to all of it."""
        seconds = 0.11 + uncached_tokens / 9_500 + input_tokens * 2.4e-6
        return self._micros(seconds * self.lognormal(1.0, 0.1))

    def decode_ns(self, output_tokens: int, input_tokens: int) -> int:
        """Writing: the time per token grows with the context."""
        per_token_s = 0.0142 + 0.058e-6 * input_tokens
        return self._micros(output_tokens * per_token_s * self.lognormal(1.0, 0.07))

    def tool_ns(self, name: str, *, slow_test: bool = False) -> int:
        """A tool call, from its start to its result."""
        median, sigma = (_SLOW_TEST_S, 0.04) if slow_test else _TOOLS[name]
        return self._millis(self.lognormal(median, sigma))

    def dispatch_ns(self, name: str) -> int:
        """From a tool call's last token to the question whether it may run; a hook runs before each Bash."""
        return self._millis(self.lognormal(0.045 if name == "Bash" else 0.006, 0.4))

    def decision_ns(self) -> int:
        """Looking up a permission that was given before."""
        return self._millis(self.lognormal(0.004, 0.4))

    def harness_ns(self, median_s: float = 0.048) -> int:
        """The agent program between what it waited for and what it starts next."""
        return self._millis(self.lognormal(median_s, 0.45))

    def backoff_ns(self) -> int:
        """The first wait before a retry."""
        return self._millis(self.random.uniform(0.5, 0.65))

    def refusal_ns(self) -> int:
        """How long an overloaded server takes to say so."""
        return self._millis(self.lognormal(3.1, 0.3))

    def permission_ns(self) -> int:
        """The user reads what a tool wants to do, and allows it."""
        return round(self.lognormal(24.0, 0.2) * 1_000) * MILLISECOND

    def thinking_ns(self) -> int:
        """The user reads an answer, thinks, and types the next prompt."""
        return round(self.lognormal(52.0, 0.2) * 1_000) * MILLISECOND

    def _micros(self, seconds: float) -> int:
        return max(1, round(seconds * self._pace * SECOND / _MICROSECOND)) * _MICROSECOND

    def _millis(self, seconds: float) -> int:
        return max(1, round(seconds * self._pace * SECOND / MILLISECOND)) * MILLISECOND
