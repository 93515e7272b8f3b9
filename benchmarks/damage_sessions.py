"""Formats whose lines name a session, or are one: what one session suffers, the others may not show.

A workload tells its sessions by what is in them, and what holds for a whole file (a block size, whether rows
tell whole prompts) from most of its rows; so a piece holds several copies of a file, told apart by ids or by
lengths. Compared are the rows of sessions that no damaged line is a part of, or was, but for block hashes
where their size is guessed.
"""

from __future__ import annotations

from collections import Counter

from damage_claims import Variant
from damage_material import LINES, Piece
from damage_rows import Bags, Reading, Row, without_lines

_GUESSED = frozenset({"mooncake", "agentic-mooncake"})
"""Formats that may not state their block size."""

_KEYS = ("session_key", "key_a", "key_b")


class OtherSessions:
    """The rows of readings of a piece, before and after, of sessions that the damage has nothing to do with."""

    def __init__(self, piece: Piece, sound: Reading, found: Reading, variant: Variant) -> None:
        """`sound` is the reading of the whole piece, `found` that of what it became."""
        before, after = _lines(piece.content), _lines(variant.content)
        whole = set(before)
        hit = {line for line in before if line in variant.before}
        touched = _sessions(sound, before, hit)
        belonging = _lines_of(sound, before, touched)
        strange = {line for line in after if line not in whole}
        self._touched = touched | _sessions(found, after, belonging | hit | strange)
        self._all = piece.container != LINES or piece.units[0] in variant.before
        self._tables = {name for name in sound.bags if name != "prefixes" or piece.format not in _GUESSED}

    def of(self, bags: Bags) -> Bags:
        """Those of the rows, without their lines; none where what stands at the head of the file was hit."""
        kept = {name: Counter[Row]() if self._all else self._kept(bags[name]) for name in self._tables}
        return without_lines(kept)

    def _kept(self, bag: Counter[Row]) -> Counter[Row]:
        return Counter({row: times for row, times in bag.items() if not self._is_touched(row)})

    def _is_touched(self, row: Row) -> bool:
        return any(value in self._touched for name, value in row if name in _KEYS)


def _lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")


def _sessions(reading: Reading, lines: list[bytes], wanted: set[bytes]) -> set[str]:
    """The sessions with a span that was read from one of these lines."""
    told = (dict(row) for row in reading.bags["spans"])
    return {row["session_key"] for row in told if lines[row.get("line", 1) - 1] in wanted}


def _lines_of(reading: Reading, lines: list[bytes], sessions: set[str]) -> set[bytes]:
    told = (dict(row) for row in reading.bags["spans"])
    return {lines[row.get("line", 1) - 1] for row in told if row["session_key"] in sessions}
