"""Prompts as blocks where no source states any: each is its agent's last one, grown. All of it is estimated.

What a first prompt found cached is taken for the part that all agents share. A prompt shorter than the one before it
(the context was replaced) keeps of that what it found cached.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL
from agenttrace.replay.prefix_paths import prefix_paths
from agenttrace.replay.prefix_tree import Changes
from agenttrace.replay.requests import Requests
from agenttrace.replay.workload import Prompts, Workload

BLOCK_TOKENS = 16
_MOST_TOKENS = 1 << 24
"""Of a longer prompt the rest is a cache of nobody: it would take a list as long as that."""

_OWN = 1 << 40
"""Blocks below it are shared, those from there on are a prompt's own."""


def with_grown_prompts(workload: Workload) -> Workload:
    """The workload with such prompts; itself where blocks are known, or where no tokens are."""
    known = workload.requests.input_tokens != NULL
    if workload.prompts.block_tokens or not known.any():
        return workload
    return replace(workload, prompts=Prompts(prefix_paths(_grown(workload.requests)), BLOCK_TOKENS))


def is_cache_untold(workload: Workload) -> bool:
    """Whether it is a workload without times that says nothing of caches.

    Of what has times, a fit took nothing for cached where nothing is said, and a replay on it has to do the same.
    """
    return not workload.timed and bool((workload.requests.cached_tokens == NULL).all())


def _grown(requests: Requests) -> Changes:
    """Changes in an order of agents' requests by time, which is that of the rows."""
    count = len(requests)
    before, kept = np.full(count, NONE, np.int64), np.zeros(count, np.int64)
    blocks = (np.clip(requests.input_tokens, 0, _MOST_TOKENS) // BLOCK_TOKENS).tolist()
    cached = (np.clip(requests.cached_tokens, 0, _MOST_TOKENS) // BLOCK_TOKENS).tolist()
    keys = list(zip(requests.session.tolist(), requests.agent.tolist(), strict=True))
    last: dict[tuple[int, int], int] = {}
    new: list[list[int]] = [[] for _ in range(count)]
    own = _OWN
    for row in _by_time(requests):
        lane, size = keys[row], blocks[row]
        if not size:
            continue
        shared = 0
        if lane in last:
            previous = last[lane]
            grown = size >= blocks[previous]
            before[row] = previous
            kept[row] = blocks[previous] if grown else min(size, blocks[previous], cached[row])
        else:
            shared = min(size, cached[row])
        fresh = size - int(kept[row]) - shared
        new[row] = [*range(1, shared + 1), *range(own, own + fresh)]
        own += fresh
        last[lane] = row
    first = np.concatenate([[0], np.cumsum([len(hashes) for hashes in new])]).astype(np.int64)
    flat = np.array([one for hashes in new for one in hashes], np.uint64)
    return Changes(before, kept, first, flat, np.zeros(count, np.int64))


def _by_time(requests: Requests) -> list[int]:
    return np.argsort(requests.start, kind="stable").tolist()
