"""What can happen to a document that holds a list of records.

A value may be wrong in one record: the others keep their rows. Where the document is broken, what follows the
break may be lost; what stands before it may not.
"""

from __future__ import annotations

import json
from random import Random

from damage_claims import Claim, Damage, Variant, flipped, is_json
from damage_material import Piece

_OTHERS = (b"null", b"true", b"17", b'"text"', b"[]", b"[[1]]", b"{}", b'{"x": {}}', b"-1e400", b'"\\ud800"')
_BREAKS = (
    b"not json",
    b"{]",
    b"}",
    b"]",
    b"{'a': 1}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"\0" * 40,
)


def _broken(piece: Piece, number: int, content: bytes, after: tuple[bytes, ...]) -> Variant:
    """From unit `number` on anything may be lost, what stands behind the records too, but not without a word."""
    if not number:
        return Variant(content)
    lost = (*piece.units[number:], piece.end)
    return Variant(content, Claim.APART, before=lost, after=after, loud=True)


def _hit(piece: Piece, number: int, *after: bytes, loud: bool = False) -> Variant:
    units = [*piece.units[:number], *after, *piece.units[number + 1 :]]
    return Variant(piece.holding(units), Claim.APART, before=(piece.units[number],), after=after, loud=loud)


def cut_file(piece: Piece, chance: Random) -> Variant:
    """The end is missing; the records before it are not."""
    size = chance.randint(len(piece.start), len(piece.content) - 1)
    held = len(piece.start)
    for number, unit in enumerate(piece.units):
        if held + len(unit) > size:
            return _broken(piece, number, piece.content[:size], (piece.content[held:size],))
        held += len(unit) + len(piece.between)
    return Variant(piece.content[:size], Claim.NOTHING)


def tear(piece: Piece, chance: Random) -> Variant:
    """A record ends in the middle, and the next one begins."""
    number = chance.randrange(len(piece.units))
    torn = piece.units[number][: chance.randint(1, len(piece.units[number]) - 1)]
    units = [*piece.units[:number], torn, *piece.units[number + 1 :]]
    return _broken(piece, number, piece.holding(units), (torn,))


def break_with(piece: Piece, chance: Random) -> Variant:
    """Something that is no JSON, in the place of a record."""
    number, what = chance.randrange(len(piece.units)), chance.choice(_BREAKS)
    units = [*piece.units[:number], what, *piece.units[number + 1 :]]
    return _broken(piece, number, piece.holding(units), (what,))


def replace(piece: Piece, chance: Random) -> Variant:
    """Something else than a record: that is JSON, and costs no more than the record."""
    return _hit(piece, chance.randrange(len(piece.units)), chance.choice(_OTHERS))


def flip(piece: Piece, chance: Random) -> Variant:
    """Bytes of one record are others."""
    number = chance.randrange(len(piece.units))
    after = flipped(piece.units[number], chance)
    if is_json(after):
        return _hit(piece, number, after)
    units = [*piece.units[:number], after, *piece.units[number + 1 :]]
    variant = _broken(piece, number, piece.holding(units), (after,))
    return Variant(variant.content, variant.claim, before=variant.before, after=variant.after)


def delete(piece: Piece, chance: Random) -> Variant:
    """A record is missing."""
    return _hit(piece, chance.randrange(len(piece.units)))


def indent(piece: Piece, chance: Random) -> Variant:
    """Written as people like to read it."""
    if not is_json(piece.content):
        return Variant(piece.content, Claim.SAME, piece.content)
    text = json.dumps(json.loads(piece.content), indent=chance.choice([0, 1, 2, 8]))
    return Variant(text.encode(), Claim.SAME_SET, piece.content)


def blank_space(piece: Piece, chance: Random) -> Variant:
    """Millions of spaces before a record."""
    blank = chance.choice([b" ", b"\n", b"\t", b"\r\n"]) * chance.choice([3, 1_000_000])
    number = chance.randrange(max(1, len(piece.units) - 1))
    units = [*piece.units[:number], blank + piece.units[number], *piece.units[number + 1 :]]
    return Variant(piece.holding(units), Claim.SAME_SET, piece.content)


def change_frame(piece: Piece, chance: Random) -> Variant:
    """Bytes around the records are others."""
    whole = piece.content
    if not piece.start + piece.end:
        return Variant(whole)
    start = flipped(piece.start, chance) if piece.start else b""
    inner = whole[len(piece.start) : len(whole) - len(piece.end)]
    return Variant(start + inner + piece.end)


DAMAGE: dict[str, Damage] = {
    "file cut": cut_file,
    "record torn": tear,
    "record broken": break_with,
    "record of another type": replace,
    "bytes flipped": flip,
    "record deleted": delete,
    "indented": indent,
    "blank space": blank_space,
    "frame flipped": change_frame,
}
