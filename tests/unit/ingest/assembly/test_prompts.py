"""Prompts kept as changes are what they are put together to."""

from __future__ import annotations

import random

import numpy as np
import pytest

from agenttrace.ingest.assembly.prompts import Prompts


def common(one: list[int], other: list[int]) -> int:
    same = [a == b for a, b in zip(one, other, strict=False)]
    return same.index(False) if False in same else len(same)


@pytest.mark.parametrize("seed", range(100))
def test_blocks_and_what_two_prompts_share_are_those_of_the_whole_lists(seed: int) -> None:
    draw = random.Random(seed)
    whole: list[list[int]] = []
    new, first, kept, before = [], [0], [], []
    for number in range(draw.randint(1, 120)):
        base = draw.randrange(number) if number and draw.random() < 0.8 else -1
        fresh = [draw.randint(1, 3) for _ in range(draw.randint(0, 4))]
        held = whole[base] if base >= 0 else []
        have = draw.randint(0, len(held))
        while fresh and have < len(held) and held[have] == fresh[0]:
            have, fresh = have + 1, fresh[1:]  # as much is kept as there is in common
        whole.append(held[:have] + fresh)
        new += fresh
        first.append(len(new))
        kept.append(have)
        before.append(base if have else -1)
    prompts = Prompts(np.array(new, np.uint64), first, kept, before)
    assert prompts.lengths == [len(blocks) for blocks in whole]
    for _ in range(200):
        one, other = draw.randrange(len(whole)), draw.randrange(len(whole))
        assert prompts.blocks(one).tolist() == whole[one]
        assert prompts.shared(one, other) == common(whole[one], whole[other])
        some = draw.randint(0, len(whole[one]))
        assert prompts.after(one, some).tolist() == whole[one][some:]
        wanted = draw.randint(1, 1 + len(whole[one]))
        assert prompts.share(one, other, wanted) == (common(whole[one], whole[other]) >= wanted)
