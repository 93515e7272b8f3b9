"""A small trace several times over, each time with ids of its own: so that something in it is sound.

What one copy suffers, another may not show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from damage_ids import LANE_IDS, OWN_IDS, SESSION_IDS
from damage_text_ids import ids_of

_HEXADECIMAL = re.compile(r"[0-9a-f-]{8,}")
_LONG = 8
_HEADER = re.compile(rb'"schema": ?"dynamo.agentic_mooncake"')
_LENGTH = re.compile(rb'("(?:input_prompt_length|input_length)": ?)(\d+)')
_CHAT = re.compile(rb'("(?:chat_id|parent_chat_id)": ?)(\d+)')


def copied(units: Sequence[bytes], format_id: str, copies: int) -> tuple[bytes, ...]:
    """The units, `copies` times, one copy after the other; the first as it was."""
    names = OWN_IDS.get(format_id, frozenset()) | LANE_IDS.get(format_id, frozenset())
    names |= SESSION_IDS.get(format_id, frozenset())
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


def varied(lines: Sequence[bytes], format_id: str, copies: int) -> tuple[bytes, ...]:
    """Copies of a workload: where sessions have no names, their lengths tell them apart. One header is enough."""
    whole = copied(lines, format_id, copies)
    found = list(whole[: len(lines)])
    for number in range(1, copies):
        again = whole[len(lines) * number : len(lines) * (number + 1)] or lines
        for unit in again:
            if not _HEADER.search(unit):
                longer = _LENGTH.sub(lambda told: _plus(told, number), unit)  # noqa: B023
                found.append(_CHAT.sub(lambda told: _plus(told, number * 1000), longer))  # noqa: B023
    return tuple(found)


def _plus(told: re.Match[bytes], more: int) -> bytes:
    return told[1] + str(int(told[2]) + more).encode()


def _pattern(name: str) -> str:
    """A long id wherever it stands, for some are part of others; a short one where it is a whole text."""
    return re.escape(name) if len(name) >= _LONG else f'(?<="){re.escape(name)}(?=")'


def _renamed(name: str, number: int) -> str:
    if _HEXADECIMAL.fullmatch(name):
        return f"{number:02x}{name[2:]}"
    return f"{name}{number:02x}"
