"""What a simulation gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Times in ns since the load began: of sessions `start` and `end`, of requests the rest.

    `sent` by the agent, `admitted` (prefill begins), `first` token, `done`. `hit_tokens`: found in the cache.
    `replica`: which one worked on it, -1 none. -1 everywhere for what was never reached.
    """

    start: Ints
    end: Ints
    sent: Ints
    admitted: Ints
    first: Ints
    done: Ints
    hit_tokens: Ints
    replica: Ints

    @property
    def wall(self) -> Ints:
        """How long each session took."""
        return self.end - self.start


class Book:
    """An outcome while it is being written: lists, for they are filled one by one."""

    def __init__(self, sessions: int, requests: int) -> None:
        self.start = [NONE] * sessions
        self.end = [NONE] * sessions
        self.sent = [NONE] * requests
        self.admitted = [NONE] * requests
        self.first = [NONE] * requests
        self.done = [NONE] * requests
        self.hit_tokens = [NONE] * requests
        self.replica = [NONE] * requests

    def outcome(self) -> Outcome:
        """What is written."""
        return Outcome(
            *(
                np.array(column, np.int64)
                for column in (
                    self.start,
                    self.end,
                    self.sent,
                    self.admitted,
                    self.first,
                    self.done,
                    self.hit_tokens,
                    self.replica,
                )
            )
        )
