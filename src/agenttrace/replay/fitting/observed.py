"""What a trace shows of each request's time on its worker, and of those that it shared the worker with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NULL, Bools, Ints
from agenttrace.replay.fitting.limits import met_no_load
from agenttrace.replay.requests import Requests

Floats = NDArray[np.float64]

COLUMNS = ("steps", "sequences", "context", "prefills", "prefilled", "prefilled_context")
"""What the decode of a request is made of; see `Observed.parts`."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Requests of which first token and tokens are known, one row each.

    `rows`: which ones they are. `wait`: from the dispatch to the first token, `decode`: from there to the end, ns.
    `parts`, a row each and a column for each of COLUMNS: its steps; steps times the sequences that decoded beside
    it (itself included); steps times the context of all these; how many other prompts were prefilled meanwhile,
    their uncached tokens, and these times their length. `alone`: which of them met no load. `apart`: prompts are
    prefilled elsewhere, beside decodes.
    """

    rows: Ints
    session: Ints
    wait: Floats
    decode: Floats
    uncached: Floats
    prompt: Floats
    parts: Floats
    alone: Bools
    apart: bool = False

    def __len__(self) -> int:
        return len(self.rows)


def observe_requests(requests: Requests) -> Observed:
    """All requests that tell enough."""
    told = (requests.first_token != NULL) & (requests.input_tokens != NULL) & (requests.output_tokens != NULL)
    rows = np.flatnonzero(told & (requests.end > requests.start))
    parts = np.zeros((len(rows), len(COLUMNS)))
    worker = requests.worker[rows]
    for one in np.unique(worker):
        at = np.flatnonzero(worker == one)
        parts[at] = _beside(requests.take(rows[at]))
    chosen = requests.take(rows)
    begun = np.where(chosen.queue_end != NULL, chosen.queue_end, chosen.start)
    return Observed(
        rows=rows,
        session=chosen.session,
        wait=(chosen.first_token - begun).astype(np.float64),
        decode=(chosen.end - chosen.first_token).astype(np.float64),
        uncached=_uncached(chosen),
        prompt=chosen.input_tokens.astype(np.float64),
        parts=parts,
        alone=met_no_load(requests)[rows],
        apart=requests.apart,
    )


def _uncached(requests: Requests) -> Floats:
    cached = np.where(requests.cached_tokens == NULL, 0, requests.cached_tokens)
    return np.maximum(requests.input_tokens - cached, 0).astype(np.float64)


def _beside(requests: Requests) -> Floats:
    """The parts of the decodes on one worker."""
    base = requests.first_token.min()
    first, end = (requests.first_token - base).astype(np.float64), (requests.end - base).astype(np.float64)
    prompt, answer = requests.input_tokens.astype(np.float64), requests.output_tokens.astype(np.float64)
    uncached, one = _uncached(requests), np.ones(len(first))
    length = np.maximum(end - first, 1.0)
    context = _summed(first, end, prompt, prompt + answer)
    sequences = _summed(first, end, one, one)
    order = np.argsort(first, kind="stable")
    low = np.searchsorted(first[order], first, side="right")
    high = np.searchsorted(first[order], end, side="right")
    steps = np.maximum(answer - 1, 0)

    def meanwhile(values: Floats) -> Floats:
        total = np.concatenate([[0.0], np.cumsum(values[order])])
        return total[high] - total[low]

    return np.stack(
        [
            steps,
            steps * sequences / length,
            steps * context / length,
            meanwhile(one),
            meanwhile(uncached),
            meanwhile(uncached * prompt),
        ],
        axis=1,
    )


def _summed(start: Floats, end: Floats, low: Floats, high: Floats) -> Floats:
    """Over the time from each `start` to its `end`, the integral of what grows from `low` to `high` in each."""
    t = np.concatenate([start, end])
    slope = (high - low) / np.maximum(end - start, 1.0)
    order = np.argsort(t, kind="stable")
    t = t[order]
    passed = np.diff(t, prepend=t[0])
    rate = np.cumsum(np.concatenate([slope, -slope])[order])
    before = np.concatenate([[0.0], rate[:-1]])
    level = np.cumsum(np.concatenate([low, -high])[order] + before * passed)
    left = np.concatenate([[0.0], level[:-1]])
    integral = np.cumsum(left * passed + before * passed * passed / 2)

    def up_to(at: Floats) -> Floats:
        place = np.searchsorted(t, at, side="right") - 1
        rest = at - t[place]
        whole: Floats = integral[place] + level[place] * rest + rate[place] * rest * rest / 2
        return whole

    return up_to(end) - up_to(start)
