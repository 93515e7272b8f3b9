"""Prompts as paths: cut where prompts part, the same for equal beginnings, whatever the hashes mean."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.replay.prefix_paths import Changes, prefix_paths

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
