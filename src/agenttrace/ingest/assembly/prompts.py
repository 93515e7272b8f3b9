"""Prompts as block hashes, kept as they were read: each as the change of another one, and put together on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.lookup import NONE

Hashes = NDArray[np.uint64]

_HELD = 64
"""Prompts that stay put together: those that are compared lie close to each other."""


class Prompts:
    """Prompts by number. `lengths`: blocks of each."""

    def __init__(self, new: Hashes, first: Sequence[int], kept: Sequence[int], before: Sequence[int]) -> None:
        """Prompt i keeps `kept[i]` blocks of prompt `before[i]`, and `new[first[i]:first[i + 1]]` follow."""
        self._new, self._first, self._kept, self._before = new, first, kept, before
        self.lengths = [have + first[i + 1] - first[i] for i, have in enumerate(kept)]
        self._held: dict[int, Hashes] = {}

    @classmethod
    def whole(cls, blocks: Hashes, first: Sequence[int]) -> Self:
        """Each by itself."""
        count = len(first) - 1
        return cls(blocks, first, [0] * count, [NONE] * count)

    def blocks(self, prompt: int) -> Hashes:
        """All blocks of one."""
        held = self._held.get(prompt)
        if held is not None:
            return held
        pieces: list[Hashes] = []
        at, wanted = prompt, self.lengths[prompt]
        while wanted:
            held = self._held.get(at)
            if held is not None:
                pieces.append(held[:wanted])
                break
            kept, low = self._kept[at], self._first[at]
            if wanted > kept:
                pieces.append(self._new[low : low + wanted - kept])
            at, wanted = self._before[at], min(wanted, kept)
        found = np.concatenate(pieces[::-1]) if pieces else np.zeros(0, np.uint64)
        if len(self._held) >= _HELD:
            del self._held[next(iter(self._held))]
        self._held[prompt] = found
        return found

    def _block(self, prompt: int, place: int) -> int:
        """One block of a prompt, found where it was new."""
        while place < self._kept[prompt]:
            prompt = self._before[prompt]
        return int(self._new[self._first[prompt] + place - self._kept[prompt]])

    def share(self, one: int, other: int, count: int) -> bool:
        """Whether two prompts have so many leading blocks in common, one at least; mostly the last one tells."""
        if min(self.lengths[one], self.lengths[other]) < count:
            return False
        if self._block(one, count - 1) != self._block(other, count - 1):
            return False
        return self.shared(one, other) >= count

    def shared(self, one: int, other: int) -> int:
        """Leading blocks that two prompts have in common."""
        for changed, before in ((other, one), (one, other)):
            if self._before[changed] == before:
                return self._kept[changed]
        length = min(self.lengths[one], self.lengths[other])
        differ = self.blocks(one)[:length] != self.blocks(other)[:length]
        first = int(differ.argmax()) if length else 0
        return first if length and differ[first] else length

    def after(self, prompt: int, kept: int) -> Hashes:
        """Its blocks without so many leading ones."""
        if kept == self._kept[prompt]:
            return self._new[self._first[prompt] : self._first[prompt + 1]]
        return self.blocks(prompt)[kept:]


def take_prompts(frames: Frames) -> tuple[Frames, Prompts]:
    """The frames with the number of each prompt (`prompt`) in place of its blocks, and the prompts."""
    if frames.prefixes.is_empty():
        nothing = frames.prefixes.drop("kept_blocks", "blocks").with_columns(prompt=pl.lit(None, pl.Int64))
        return replace(frames, prefixes=nothing), Prompts.whole(np.zeros(0, np.uint64), [0])
    rows = frames.prefixes.with_columns(prompt=pl.int_range(pl.len(), dtype=pl.Int64))
    before = rows.select(pl.col("prompt").shift(1).over("origin", "session_key")).to_series()
    kept = rows.get_column("kept_blocks").fill_null(0)
    lists = rows.get_column("blocks")
    prompts = Prompts(
        lists.explode(empty_as_null=False).to_numpy().astype(np.uint64, copy=False),
        np.concatenate([[0], lists.list.len().to_numpy().cumsum(dtype=np.int64)]).tolist(),
        kept.to_list(),
        pl.select(pl.when(kept > 0).then(before).otherwise(NONE)).to_series().to_list(),
    )
    return replace(frames, prefixes=rows.drop("kept_blocks", "blocks")), prompts
