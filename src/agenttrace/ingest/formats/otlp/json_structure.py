"""Where the objects of a JSON text begin and end, found without parsing it: for text that is torn or huge.

The text is scanned block by block with numpy: quotes that are not escaped divide it into strings and the
rest, and in the rest brackets open and close. A document that fits in memory and is whole never comes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_QUOTE, _BACKSLASH = 0x22, 0x5C
_OPEN, _CLOSE = ord("{"), ord("}")
_CURLED = 0x20
"""The bit that tells a curled bracket from a square one."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets outside of strings: positions, the depth after each, and 1 or -1 for open or close."""

    positions: NDArray[np.int64]
    depths: NDArray[np.int64]
    steps: NDArray[np.int8]


class Scanner:
    """Finds brackets in consecutive blocks of one text."""

    def __init__(self, depth: int = 0) -> None:
        """At the beginning of the text, which counts as being at this depth."""
        self._in_string = False
        self._depth = depth
        self._offset = 0
        self._held = b""

    def scan(self, block: bytes) -> Brackets:
        """The brackets of the next block; positions count from the beginning of the text.

        A block that ends with backslashes keeps them for the next one: what they escape is there.
        """
        block = self._held + block
        kept = len(block) - len(block.rstrip(b"\\"))
        self._held, block = (block[-kept:], block[:-kept]) if kept else (b"", block)
        text = np.frombuffer(block, dtype=np.uint8)
        quotes = _unescaped_quotes(text)
        curled = text | _CURLED
        found = np.flatnonzero((curled == _OPEN) | (curled == _CLOSE))
        inside = (np.searchsorted(quotes, found) + self._in_string) % 2 == 1
        found = found[~inside]
        steps = np.where(curled[found] == _OPEN, 1, -1).astype(np.int8)
        depths = self._depth + np.cumsum(steps, dtype=np.int64)
        brackets = Brackets(found + self._offset, depths, steps)
        self._in_string = bool((len(quotes) + self._in_string) % 2)
        self._depth = int(depths[-1]) if len(depths) else self._depth
        self._offset += len(block)
        return brackets


def _unescaped_quotes(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    quotes = np.flatnonzero(text == _QUOTE)
    slashes = np.flatnonzero(text == _BACKSLASH)
    if not len(slashes) or not len(quotes):
        return quotes
    new_run = np.diff(slashes, prepend=-2) != 1
    run_start = slashes[new_run][np.cumsum(new_run) - 1]
    last = np.searchsorted(slashes, quotes) - 1
    behind = (last >= 0) & (slashes[np.maximum(last, 0)] == quotes - 1)
    length = np.where(behind, slashes[np.maximum(last, 0)] - run_start[np.maximum(last, 0)] + 1, 0)
    bare: NDArray[np.int64] = quotes[length % 2 == 0]
    return bare


def objects_at(text: bytes, depth: int) -> Iterator[tuple[list[int], int, int]]:
    """Every object that opens at this depth: the open brackets around it, its beginning, its end."""
    brackets = Scanner().scan(text)
    steps = brackets.steps
    opened = [brackets.positions[(steps > 0) & (brackets.depths == level + 1)] for level in range(depth + 1)]
    closes = brackets.positions[(steps < 0) & (brackets.depths == depth)]
    begins = opened[depth]
    ends = np.searchsorted(closes, begins)
    around = [np.searchsorted(positions, begins) - 1 for positions in opened[:depth]]
    for index, begin in enumerate(begins.tolist()):
        if ends[index] < len(closes) and all(found[index] >= 0 for found in around):
            context = [int(opened[level][found[index]]) for level, found in enumerate(around)]
            yield context, begin, int(closes[ends[index]]) + 1
