"""Prompts as paths: cut where prompts part, the same for equal beginnings, whatever the hashes mean."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.native import library
from agenttrace.replay.prefix_paths import prefix_paths
from agenttrace.replay.prefix_tree import Changes, Tree, grow_compiled, grow_interpreted, grow_tree

PROMPTS = st.lists(st.lists(st.integers(0, 2), max_size=6), min_size=1, max_size=6)


def _changes(prompts: list[list[int]]) -> Changes:
    kept, new, before = [], [], []
    for row, prompt in enumerate(prompts):
        shared = 0
        if row:
            previous = prompts[row - 1]
            while shared < min(len(prompt), len(previous)) and prompt[shared] == previous[shared]:
                shared += 1
        kept.append(shared)
        before.append(row - 1)
        new.append(prompt[shared:])
    first = np.cumsum([0, *(len(part) for part in new)])
    flat = np.array([value for part in new for value in part], np.uint64)
    return Changes(np.array(before), np.array(kept), first, flat, np.zeros(len(prompts), np.int64))


@given(PROMPTS)
def test_two_prompts_share_as_many_blocks_as_they_begin_alike(prompts: list[list[int]]) -> None:
    found = prefix_paths(_changes(prompts))
    for path, prompt in zip(found.paths, prompts, strict=True):
        assert sum(found.lengths[segment] for segment in path) == len(prompt)
    for one, left in zip(found.paths, prompts, strict=True):
        for other, right in zip(found.paths, prompts, strict=True):
            alike = sum(1 for n in range(min(len(left), len(right))) if left[: n + 1] == right[: n + 1])
            shared = 0
            for mine, theirs in zip(one, other, strict=False):
                if mine != theirs:
                    break
                shared += found.lengths[mine]
            assert shared == alike


def _columns(tree: Tree) -> dict[str, list[int]]:
    return {column.name: getattr(tree, column.name).tolist() for column in fields(tree)}


@pytest.mark.skipif(library() is None, reason="no kernels: not built, or not wanted")
@given(st.lists(st.tuples(st.integers(-1, 9), st.integers(0, 9), st.lists(st.integers(0, 2), max_size=6))))
def test_the_kernel_grows_the_same_tree(prompts: list[tuple[int, int, list[int]]]) -> None:
    # Also of changes that keep more blocks than there were, of any earlier prompt.
    new = [blocks for _, _, blocks in prompts]
    changes = Changes(
        before=np.array([min(before, row - 1) for row, (before, _, _) in enumerate(prompts)], np.int64),
        kept=np.array([kept for _, kept, _ in prompts], np.int64),
        first=np.cumsum([0, *map(len, new)]),
        new=np.array([value for blocks in new for value in blocks], np.uint64),
        scope=np.zeros(len(prompts), np.int64),
    )
    found = grow_compiled(changes, changes.new)

    assert found is not None
    assert _columns(found) == _columns(grow_interpreted(changes, changes.new))


@pytest.mark.parametrize(("name", "value"), [("before", 1), ("before", 9), ("first", 3), ("first", -1)])
def test_what_points_to_nothing_is_no_tree_of_the_kernels(name: str, value: int) -> None:
    changes = _changes([[1], [1, 2]])
    getattr(changes, name)[-1] = value

    assert grow_compiled(changes, changes.new) is None


def test_no_prompts_are_a_tree_of_nothing() -> None:
    nothing = np.zeros(0, np.int64)
    changes = Changes(nothing, nothing, np.zeros(1, np.int64), np.zeros(0, np.uint64), nothing)

    tree = grow_tree(changes, changes.new)

    assert not any(_columns(tree).values())
    assert list(prefix_paths(changes).paths) == []
