"""A small trace several times over, each time with ids of its own: so that something in it is sound.

What one copy suffers, another may not show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from damage_ids import LANE_IDS, OWN_IDS
from damage_text_ids import ids_of

_HEXADECIMAL = re.compile(r"[0-9a-f-]{8,}")
_LONG = 8


def copied(units: Sequence[bytes], format_id: str, copies: int) -> tuple[bytes, ...]:
    """The units, `copies` times, one copy after the other; the first as it was."""
    names = OWN_IDS[format_id] | LANE_IDS.get(format_id, frozenset())
    ids = sorted({found for unit in units for found in ids_of(unit, names)}, key=len, reverse=True)
    if not ids:
        return tuple(units)
    pattern = re.compile("|".join(map(_pattern, ids)))
    found = list(units)
    for number in range(1, copies):
        found += [
            pattern.sub(lambda match: _renamed(match.group(), number), unit.decode()).encode()  # noqa: B023
            for unit in units
        ]
    return tuple(found)


def _pattern(name: str) -> str:
    """A long id wherever it stands, for some are part of others; a short one where it is a whole text."""
    return re.escape(name) if len(name) >= _LONG else f'(?<="){re.escape(name)}(?=")'


def _renamed(name: str, number: int) -> str:
    if _HEXADECIMAL.fullmatch(name):
        return f"{number:02x}{name[2:]}"
    return f"{name}{number:02x}"
