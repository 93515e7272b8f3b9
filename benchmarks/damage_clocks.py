"""Clocks that jump, units that are mixed, ids that collide: sound values, in the wrong place.

Nothing is claimed but that it is survived, and that what is shown of it still sums up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from damage_claims import Variant
from damage_ids import OWN_IDS, SESSION_IDS
from damage_material import Piece
from damage_text_ids import ids_of

_ISO = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_UNIX = re.compile(rb"(?<![\w.+-])1[5-9]\d{8}(?:\d{3}){0,3}(?![\w])")
"""Seconds, milliseconds, microseconds or nanoseconds since 1970, of these years."""

_JUMPS_S = (1, -1, 3_600, -3_600, 86_400, -86_400 * 365, 86_400 * 3_650, -1_700_000_000)
_SECOND_DIGITS = 10


def jump(piece: Piece, chance: Random) -> Variant:
    """From some record on, or for that one only, the clock is another."""
    first = chance.randrange(len(piece.units))
    last = chance.choice([first, len(piece.units) - 1])
    by_s = chance.choice(_JUMPS_S)
    units = [
        _moved(unit, by_s) if first <= number <= last else unit for number, unit in enumerate(piece.units)
    ]
    return Variant(piece.holding(units))


def mix_units(piece: Piece, chance: Random) -> Variant:
    """Some instants are a thousand times too large or too small."""
    factor = chance.choice([1_000, 1_000_000, -1_000, -1_000_000])
    share = chance.choice([0.1, 0.5, 1.0])
    units = [_scaled(unit, factor) if chance.random() < share else unit for unit in piece.units]
    return Variant(piece.holding(units))


def collide(piece: Piece, chance: Random) -> Variant:
    """Two ids are one, in all records or in some."""
    names = OWN_IDS.get(piece.format, frozenset()) | SESSION_IDS.get(piece.format, frozenset())
    known = sorted({found for unit in piece.units for found in ids_of(unit, names)})
    if len(known) < 2:
        return Variant(piece.content)
    one, other = (name.encode() for name in chance.sample(known, 2))
    share = chance.choice([0.5, 1.0])
    units = [unit.replace(one, other) if chance.random() < share else unit for unit in piece.units]
    return Variant(piece.holding(units))


def _moved(unit: bytes, by_s: int) -> bytes:
    def unix(found: re.Match[bytes]) -> bytes:
        return str(int(found.group()) + by_s * 10 ** (len(found.group()) - _SECOND_DIGITS)).encode()

    def iso(found: re.Match[bytes]) -> bytes:
        try:
            known = datetime.strptime(found.group().decode(), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
            return (known + timedelta(seconds=by_s)).strftime("%Y-%m-%dT%H:%M:%S").encode()
        except (ValueError, OverflowError):
            return found.group()

    return _ISO.sub(iso, _UNIX.sub(unix, unit))


def _scaled(unit: bytes, factor: int) -> bytes:
    def unix(found: re.Match[bytes]) -> bytes:
        number = int(found.group())
        return str(number * factor if factor > 0 else number // -factor).encode()

    return _UNIX.sub(unix, unit)


DAMAGE: dict[str, Callable[[Piece, Random], Variant]] = {
    "clock jumps": jump,
    "units mixed": mix_units,
    "ids collide": collide,
}
