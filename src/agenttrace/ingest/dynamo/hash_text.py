"""The block hashes of a record as text: nearly all of a trace's bytes, and mostly those of the request before.

They are cut out before the rest is read as JSON. What a chain's prompt has in common with the one before is then
found by comparing bytes, and not read again.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

import orjson

_FIELD = b'"input_sequence_hashes":['
_COMMA = ord(",")
_END_BYTES = 64
"""A prompt mostly goes on near the end of the one before: its last block or two were not full."""


class CutLine(NamedTuple):
    """A record with an empty list of hashes, and the text of that list."""

    rest: bytes
    hashes: bytes


class Change(NamedTuple):
    """A prompt as the change of the one before: `kept` leading blocks of that one, and the hashes that follow."""

    kept: int
    new: array[int]


def cut_hashes(line: bytes) -> CutLine | None:
    """The line in two; None where it has no hashes, or more than one such list."""
    at = line.find(_FIELD)
    if at < 0:
        return None
    begin = at + len(_FIELD)
    end = line.find(b"]", begin)
    if end < 0 or line.find(_FIELD, end) >= 0:
        return None
    return CutLine(line[:begin] + line[end:], line[begin:end])


class HashTexts:
    """The texts of the last prompts of chains."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, int, int]] = {}

    def change(self, chain: str | None, block_size: int, hashes: bytes) -> Change | None:
        """The next prompt of a chain, which may not be known; nothing is kept of one with blocks of another size.

        None where the text is no list of such integers.
        """
        before, count, size = self._last.get(chain or "", (b"", 0, block_size))
        kept, tail = _parted(before, count, hashes) if before and size == block_size else (0, hashes)
        new = array("Q")
        if tail:
            try:
                new.fromlist(orjson.loads(b"[" + tail + b"]"))
            except (ValueError, TypeError, OverflowError):
                return None
        return Change(kept, new)

    def keep(self, chain: str, block_size: int, hashes: bytes, change: Change) -> None:
        """The next prompt of the chain will be told as a change of this one."""
        self._last[chain] = hashes, change.kept + len(change.new), block_size

    def forget(self, chain: str) -> None:
        """The chain's next prompt is told as a whole."""
        self._last.pop(chain, None)


def _parted(before: bytes, count: int, hashes: bytes) -> tuple[int, bytes]:
    """How many hashes are the same as before, and the text of the others. `count`: those before."""
    length = len(before)
    same = _common_bytes(before, hashes)
    if same == length and (len(hashes) == length or hashes[length] == _COMMA):
        return count, hashes[length + 1 :]
    if same == len(hashes) and before[same] == _COMMA:
        return hashes.count(b",") + 1, b""
    at = hashes.rfind(b",", 0, same)
    return (0, hashes) if at < 0 else (count - before.count(b",", at), hashes[at + 1 :])


def _common_bytes(one: bytes, other: bytes) -> int:
    """How many leading bytes are the same: both are looked at as numbers, whose difference has so many bits."""
    high = min(len(one), len(other))
    low = max(0, high - _END_BYTES)
    if not other.startswith(one[:low]):
        low = 0
    differ = int.from_bytes(one[low:high], "big") ^ int.from_bytes(other[low:high], "big")
    return high - (differ.bit_length() + 7) // 8
