"""How long one step of a server takes: what every platform, measured or modelled, has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class StepTimes(Protocol):
    """A step decodes one token of each running sequence, and prefills pieces of prompts.

    Its time is the sum of both parts. All in nanoseconds.
    """

    def decode(self, sequences: int) -> tuple[float, float]:
        """With so many sequences: the time that every step takes, and the time for each token of context in sum."""
        ...

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """For `new_tokens` of one prompt after `past_tokens` of it that are cached."""
        ...

    @property
    def prefill_start(self) -> float:
        """What a step takes longer as soon as it prefills anything, and decodes nothing."""
        ...

    @property
    def prefill_beside(self) -> float:
        """The same of a step that decodes as well, and has paid for being a step."""
        ...


@dataclass(frozen=True, slots=True)
class AffineSteps:
    """Step times as a fit to a trace gives them.

    A decode step takes `step + per_sequence * sequences + per_context * context`; prefill takes
    `prefill_step` once a step, and for each prompt `per_token * u + per_token_context * u * n`, for u tokens not
    cached of n tokens up to their end.
    """

    step_ns: float
    per_sequence_ns: float
    per_context_ns: float
    prefill_step_ns: float
    per_token_ns: float
    per_token_context_ns: float

    def decode(self, sequences: int) -> tuple[float, float]:
        """The fixed part, and that for each token of context."""
        return self.step_ns + self.per_sequence_ns * sequences, self.per_context_ns

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """Of one prompt's piece."""
        reach = past_tokens + new_tokens
        return new_tokens * (self.per_token_ns + self.per_token_context_ns * reach)

    @property
    def prefill_start(self) -> float:
        """Once a step."""
        return self.prefill_step_ns

    @property
    def prefill_beside(self) -> float:
        """As much: it is measured by what it adds to decodes."""
        return self.prefill_step_ns
