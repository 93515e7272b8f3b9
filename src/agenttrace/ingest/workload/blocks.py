"""Block hashes of prompts: read exactly, of a size that nobody states, and of prompts that are told in pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

from agenttrace.ingest import fields

USUAL_BLOCK_TOKENS = 512
"""The block of the traces that Mooncake has published."""

MOST_BLOCKS = 1 << 18
"""A prompt that adds up to more is a damaged number: it would be 4 million tokens in blocks of 16."""

_CANDIDATES = (USUAL_BLOCK_TOKENS, 16, 64, 32, 128, 256, 1024, 2048, 4096, 8, 4, 2, 1)


def block_hashes(value: Any) -> list[int] | None:
    """A list of uint64, exactly; None if it is none, or if one of them is no hash: it would be another prompt."""
    if type(value) is not list:
        return None
    if all(type(item) is int and 0 <= item <= fields.UINT64_MAX for item in value):
        return value
    read = [fields.unsigned(item) for item in value]
    return None if None in read else [item for item in read if item is not None]


class BlockSize(NamedTuple):
    """Tokens in a block; with how many of the rows that were asked it agrees."""

    tokens: int
    agreeing: int
    asked: int


def likely_block_size(prompts: Iterable[tuple[int, int]]) -> BlockSize:
    """The block size that most rows agree with, given the tokens and the number of blocks of each.

    A prompt of L tokens has ceil(L / size) blocks, its last one filled in part. Among sizes that agree as
    often, the usual one comes first, then those of other published traces.
    """
    rows = Counter(pair for pair in prompts if pair[0] > 0 and pair[1] > 0)
    agreeing = {
        size: sum(count for (tokens, blocks), count in rows.items() if -(-tokens // size) == blocks)
        for size in _CANDIDATES
    }
    best = max(_CANDIDATES, key=lambda size: agreeing[size])
    return BlockSize(best, agreeing[best], rows.total())


class _Piece(NamedTuple):
    """Tokens of one origin: those from `start` to `end` of a stated block, or of an answer."""

    origin: bytes
    start: int
    end: int
    stated: int | None


class GrowingPrompt:
    """A prompt that each turn adds to: its blocks, though sources only tell the hashes of what is added.

    Up to the first answer, blocks keep the hashes that are stated. From there on each gets a hash of its own, made
    of what is in it and of the one before, as a cache would: equal beginnings stay equal, and what follows
    different answers is different.
    """

    def __init__(self, owner: str, block_tokens: int) -> None:
        """An empty prompt of no `tokens`. Answers of different owners are taken as different texts."""
        self._owner = owner
        self._block_tokens = block_tokens
        self._whole: list[int] = []
        self._rest: list[_Piece] = []
        self._rest_tokens = 0
        self.tokens = 0
        self._answers = 0
        self._last_made: int | None = None

    @property
    def too_long(self) -> bool:
        """It has more than `MOST_BLOCKS`: what they are is not known any more, only how many tokens there are."""
        return self.tokens > MOST_BLOCKS * self._block_tokens

    def add(self, hashes: list[int], tokens: int) -> None:
        """What the agent adds: `tokens` in blocks of these hashes; what they do not cover is a text of its own."""
        for hashed in hashes:
            length = min(self._block_tokens, tokens)
            if length <= 0:
                return
            self._append(_Piece(hashed.to_bytes(8, "little"), 0, length, hashed))
            tokens -= length
        self.answer(tokens)

    def answer(self, tokens: int) -> None:
        """What the model answered: a text that no source has hashes of."""
        self._answers += 1
        if tokens > 0:
            self._append(_Piece(f"{self._owner}/{self._answers}".encode(), 0, tokens, None))

    def blocks(self) -> list[int]:
        """The hashes of all its blocks, the last one filled in part where the length is so; none if it is too long."""
        if not self._rest:
            return list(self._whole)
        stated = self._stated()
        return [*self._whole, self._made() if stated is None else stated]

    def _append(self, piece: _Piece) -> None:
        self.tokens += piece.end - piece.start
        if self.too_long:
            self._whole, self._rest = [], []
            return
        start = piece.start
        while start < piece.end:
            end = min(piece.end, start + self._block_tokens - self._rest_tokens)
            self._rest.append(piece._replace(start=start, end=end))
            self._rest_tokens += end - start
            start = end
            if self._rest_tokens == self._block_tokens:
                self._close_block()

    def _close_block(self) -> None:
        hashed = self._stated()
        if hashed is None:
            hashed = self._last_made = self._made()
        self._whole.append(hashed)
        self._rest, self._rest_tokens = [], 0

    def _stated(self) -> int | None:
        """The hash that a source has of the last block."""
        first = self._rest[0]
        whole = len(self._rest) == 1 and first.start == 0 and self._last_made is None
        return first.stated if whole else None

    def _made(self) -> int:
        made = blake2b(b"%d" % (self._last_made or 0), digest_size=8)
        for piece in self._rest:
            made.update(b"%d:%b:%d:%d;" % (len(piece.origin), piece.origin, piece.start, piece.end))
        return int.from_bytes(made.digest(), "little")
