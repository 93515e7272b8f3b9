"""Prompts as paths through shared prefixes: runs of blocks that no prompt ever parts are one segment.

Prompts are laid into a tree, of which each edge is a run of blocks. Equal hashes after equal beginnings are equal
blocks within their scope: so it makes no difference whether a source hashes a block with all that comes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints
from agenttrace.replay.prefix_tree import Changes, Hashes, Tree, grow_tree
from agenttrace.replay.ragged import Ragged, first_places


@dataclass(frozen=True, slots=True, eq=False)
class PrefixPaths:
    """`paths`: of each prompt the segments that it consists of, `blocks` in sum. `lengths`: blocks in each segment."""

    paths: Sequence[Sequence[int]]
    lengths: list[int]
    blocks: list[int]


def prefix_paths(changes: Changes) -> PrefixPaths:
    """The paths of all prompts. Segments are numbered in the order in which prompts first have them."""
    tree = grow_tree(changes, _scoped(changes))
    order = np.argsort(tree.start, kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    known = tree.ends != NONE
    blocks = np.zeros(len(tree.ends), np.int64)
    blocks[known] = tree.depth[tree.ends[known]]
    return PrefixPaths(_paths(tree, number), tree.length[order].tolist(), blocks.tolist())


def _paths(tree: Tree, number: Ints) -> Ragged:
    """From the ends upwards, all prompts at once."""
    prompts = np.flatnonzero(tree.ends != NONE)
    at, levels = tree.ends[prompts], list[tuple[Ints, Ints]]()
    while len(prompts):
        levels.append((prompts, number[at]))
        at = tree.parent[at]
        goes_on = at != NONE
        prompts, at = prompts[goes_on], at[goes_on]
    count = np.bincount(np.concatenate([*(rows for rows, _ in levels), prompts]), minlength=len(tree.ends))
    first = first_places(count)
    flat = np.empty(first[-1], np.int64)
    for level, (rows, segments) in enumerate(levels):
        flat[first[rows + 1] - 1 - level] = segments
    return Ragged(first, flat)


def _scoped(changes: Changes) -> Hashes:
    """Hashes that are equal only within one scope."""
    scope = changes.scope
    if not len(scope) or (scope == scope[0]).all():
        return changes.new
    mixed = _mixed(scope.astype(np.uint64) + np.uint64(1))
    return changes.new ^ np.repeat(mixed, np.diff(changes.first))


def _mixed(values: Hashes) -> Hashes:
    """Numbers spread over all 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
