"""What must still hold of the rows of a trace that was damaged.

Every kind of damage takes a sound piece and makes a variant of it, with a claim:

NOTHING     it must be survived, no more.
SAME        the rows are those of another, sound file: a line that cannot be read is as good as blank.
            (But whole spans in a torn batch of OTLP may be saved: there the claim is APART.)
SAME_SET    the same, but for line numbers and for how often a row is there.
SAME_TRACE  the assembled tables are the same, but for files and lines: what is read twice is counted once.
UNMOVED     the requests are the same, whatever else the order of lines decides.
APART       rows that share nothing with the damaged lines are as before (`damage_rows` tells how).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from damage_material import Piece


class Claim(Enum):
    """What must hold of a variant's rows."""

    NOTHING = "nothing"
    SAME = "same"
    SAME_SET = "same set"
    SAME_TRACE = "same trace"
    UNMOVED = "unmoved"
    APART = "apart"


@dataclass(frozen=True)
class Variant:
    """A damaged trace. `against`: the file it is compared with. `before`, `after`: the units that were hit.

    `loud`: something was lost, so there must be a finding that was not there before.
    """

    content: bytes
    claim: Claim = Claim.NOTHING
    against: bytes = b""
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    loud: bool = False


Damage = Callable[[Piece, Random], Variant]


def flipped(unit: bytes, chance: Random) -> bytes:
    """The same with a few other bytes."""
    damaged = bytearray(unit)
    for _ in range(chance.choice([1, 1, 2, 8])):
        position = chance.randrange(len(damaged))
        damaged[position] = chance.choice(
            [damaged[position] ^ 1 << chance.randrange(8), chance.randrange(256)]
        )
    return bytes(damaged)


def is_json(unit: bytes) -> bool:
    """Whether Python reads it."""
    try:
        json.loads(unit)
    except (ValueError, RecursionError):
        return False
    return True
