"""What a span waits for besides what parentage and time say, as pairs of an event and the span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Dependencies:
    """`target` (a row) waits for `node`.

    `replaces`: the trace states what the target waits for, so that nothing is inferred from time.
    `backoff`: the time between the two was spent waiting to try again.
    """

    target: Ints
    node: Ints
    explicit: Bools
    replaces: Bools
    backoff: Bools

    def __len__(self) -> int:
        """How many there are."""
        return len(self.target)

    def where(self, keep: Bools | Ints) -> Dependencies:
        """Those that are kept."""
        return Dependencies(
            self.target[keep], self.node[keep], self.explicit[keep], self.replaces[keep], self.backoff[keep]
        )

    def with_inferred(self, target: Ints, node: Ints) -> Dependencies:
        """These, and others that are inferred and replace nothing."""
        if not len(target):
            return self
        no = np.zeros(len(target), np.bool_)
        return Dependencies(
            np.concatenate([self.target, target]),
            np.concatenate([self.node, node]),
            np.concatenate([self.explicit, no]),
            np.concatenate([self.replaces, no]),
            np.concatenate([self.backoff, no]),
        )

    def replaced(self, spans: int) -> Bools:
        """Of all spans those of which the trace states what they waited for."""
        replaced = np.zeros(spans, np.bool_)
        replaced[self.target[self.replaces]] = True
        return replaced
