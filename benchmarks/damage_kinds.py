"""What can happen to a trace, and what must still hold of its rows afterwards.

The claims of each stand in `damage_claims`; what happens to lists of records in `damage_records`.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from random import Random

import zstandard

from damage_claims import Claim, Damage, Variant, flipped, is_json
from damage_clocks import DAMAGE as CLOCK_DAMAGE
from damage_ids import SESSIONS, STORIES
from damage_material import DOCUMENT, FRAMES, LINES, RECORDS, Piece, joined
from damage_protobuf import change_message
from damage_records import DAMAGE as RECORD_DAMAGE
from damage_tables import row_of, rows_in
from damage_values import CHANGES, Path, Value, at, paths

_GARBAGE = (
    b"not json", b"[1, 2]", b"null", b"true", b'"text"', b"17", b"\0" * 40, b"{", b"}", b"{]", b"<html>",
    b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 50_000, b'{"a":1,}', b"{'a': 1}", b'{"a" 1}',
    b"Traceback (most recent call last):",
)  # fmt: skip


def make_variant(piece: Piece, chance: Random) -> tuple[str, Variant]:
    """One kind of damage that fits the piece's container, by chance; its name and what came of it."""
    kinds = KINDS[piece.container]
    names = sorted(kinds if len(piece.units) > 1 else kinds.keys() - _OF_TWO)
    name = chance.choice(names)
    return name, kinds[name](piece, chance)


# Lines that cannot be read any more


def _unreadable(piece: Piece, number: int, damaged: bytes, *, inserted: bool = False) -> Variant:
    units = list(piece.units)
    end = number if inserted else number + 1
    content = joined(LINES, [*units[:number], damaged, *units[end:]])
    if piece.format == "otlp" and not inserted and damaged not in _GARBAGE:
        return Variant(content, Claim.APART, before=(units[number],), after=(damaged,), loud=True)
    blank = joined(LINES, [*units[:number], b"", *units[end:]])
    return Variant(content, Claim.SAME, blank, loud=True)


def _torn_line(piece: Piece, chance: Random) -> Variant:
    number = chance.randrange(len(piece.units))
    return _unreadable(piece, number, piece.units[number][: chance.randint(1, len(piece.units[number]) - 1)])


def _headless_line(piece: Piece, chance: Random) -> Variant:
    number = chance.randrange(len(piece.units))
    rest = piece.units[number][chance.randint(1, len(piece.units[number]) - 1) :].lstrip(b"{[ ")
    return _unreadable(piece, number, rest or b"}")


def _garbage_line(piece: Piece, chance: Random) -> Variant:
    garbage = chance.choice([*_GARBAGE, chance.randbytes(60).replace(b"\n", b"?").replace(b"{", b"?") + b"?"])
    return _unreadable(piece, chance.randrange(len(piece.units)), garbage, inserted=chance.random() < 0.5)


def _cut_file(piece: Piece, chance: Random) -> Variant:
    content = piece.content[: chance.randint(0, len(piece.content))]
    whole, _, rest = content.rpartition(b"\n")
    kept = content if not rest or rest in piece.units else whole + b"\n"
    if not whole:
        return Variant(content)
    if piece.format == "otlp" and kept != content:
        return Variant(content, Claim.APART, before=piece.units[kept.count(b"\n") :], loud=True)
    return Variant(content, Claim.SAME, kept, loud=kept != content)


# Lines that may be readable


def _hit(piece: Piece, hit: tuple[int, ...], after: tuple[bytes, ...]) -> Variant:
    """The units `hit`, which follow each other, replaced by others."""
    units = list(piece.units)
    changed = [*units[: hit[0]], *after, *units[hit[-1] + 1 :]]
    before = tuple(units[number] for number in hit)
    return Variant(piece.holding(changed), Claim.APART, before=before, after=after)


def _flip(piece: Piece, chance: Random) -> Variant:
    number = chance.randrange(len(piece.units))
    return _hit(piece, (number,), (flipped(piece.units[number], chance),))


def _delete(piece: Piece, chance: Random) -> Variant:
    return _hit(piece, (chance.randrange(len(piece.units)),), ())


def _glue(piece: Piece, chance: Random) -> Variant:
    """The end of a line is lost, so that two are one."""
    first = chance.randrange(len(piece.units) - 1)
    if piece.format not in {"dynamo", "otlp"}:
        units = list(piece.units)
        units[first : first + 2] = [units[first] + units[first + 1]]
        claim = Claim.UNMOVED if piece.format == "codex" else Claim.SAME_SET
        return Variant(joined(LINES, units), claim, piece.content)
    return _hit(piece, (first, first + 1), (piece.units[first] + piece.units[first + 1],))


def _torn_and_glued(piece: Piece, chance: Random) -> Variant:
    """A writer died in the middle of a line, and the next one went on in it."""
    first = chance.randrange(len(piece.units) - 1)
    torn = piece.units[first][: chance.randint(1, len(piece.units[first]) - 1)]
    return _hit(piece, (first, first + 1), (torn + piece.units[first + 1],))


def _interleaved(piece: Piece, chance: Random) -> Variant:
    """Two writers at once."""
    first = chance.randrange(len(piece.units) - 1)
    a, b = piece.units[first : first + 2]
    i, j = chance.randint(1, len(a) - 1), chance.randint(1, len(b) - 1)
    return _hit(piece, (first, first + 1), (a[:i] + b[:j], a[i:] + b[j:]))


def _change_value(change: str) -> Damage:
    def damage(piece: Piece, chance: Random) -> Variant:
        number = chance.randrange(len(piece.units))
        if not is_json(piece.units[number]):
            return _flip(piece, chance)
        document = json.loads(piece.units[number])
        path = chance.choice(list(paths(document)))
        part = _item_around(path) if piece.format == "otlp" and change != "key twice" else ()
        before = json.dumps(at(document, part)).encode()
        after = CHANGES[change](document, path, chance)
        variant = _hit(piece, (number,), (after,))
        if piece.container == DOCUMENT and piece.format != "otlp":
            return _in_a_table(json.loads(piece.units[number]), path, after)
        if not is_json(after):
            return _unreadable_value(piece, number, variant, change)
        if not part:
            return variant
        return Variant(variant.content, Claim.APART, before=(before,), after=(_part(after, part),))

    return damage


def _in_a_table(document: Value, path: Path, after: bytes) -> Variant:
    """Of a table by columns a cell costs no more than its row; of any other document nothing is known."""
    key, rows = row_of(path), rows_in(document)
    if key not in rows or not is_json(after):
        return Variant(after)
    now = rows_in(json.loads(after)).get(key, {})
    hit, changed = (json.dumps(row).encode() for row in (rows[key], now))
    return Variant(after, Claim.APART, before=(hit,), after=(changed,))


def _unreadable_value(piece: Piece, number: int, variant: Variant, change: str) -> Variant:
    """A document may end there; but bytes that are no UTF-8 cost no more than their record."""
    if piece.container == DOCUMENT:
        return Variant(variant.content)
    if piece.container == RECORDS and change != "broken UTF-8":
        return Variant(
            variant.content, variant.claim, before=(*piece.units[number:], piece.end), after=variant.after
        )
    return variant


def _item_around(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The way to the one span or record that the path leads into; empty if it leads to more than one."""
    inside = len(path) > 6 and path[4] in {"spans", "logRecords"}
    return path[:6] if inside else ()


def _part(unit: bytes, path: tuple[str | int, ...]) -> bytes:
    try:
        return json.dumps(at(json.loads(unit), path)).encode()
    except (ValueError, RecursionError, LookupError, TypeError):
        return b""


# Order and number

_ORDERED = STORIES | SESSIONS - {"spans-jsonl"}
"""Formats in which the order of records means something, and a record twice is two."""


def _swap(piece: Piece, chance: Random) -> Variant:
    units = list(piece.units)
    i, j = chance.sample(range(len(units)), 2)
    units[i], units[j] = units[j], units[i]
    claim = Claim.UNMOVED if piece.format == "claude-code" else Claim.SAME_SET
    if piece.format in _ORDERED:
        claim = Claim.NOTHING
    return Variant(piece.holding(units), claim, piece.content)


def _duplicate(piece: Piece, chance: Random) -> Variant:
    units = list(piece.units)
    units.insert(chance.randint(0, len(units)), chance.choice(units))
    if piece.format in _ORDERED:
        return Variant(piece.holding(units))
    return Variant(piece.holding(units), Claim.SAME_TRACE, piece.content)


# What is no damage at all


def _line_ends(piece: Piece, _: Random) -> Variant:
    return Variant(piece.content.replace(b"\n", b"\r\n"), Claim.SAME, piece.content)


def _byte_order_mark(piece: Piece, _: Random) -> Variant:
    return Variant(b"\xef\xbb\xbf" + piece.content, Claim.SAME, piece.content)


def _blank_lines(piece: Piece, chance: Random) -> Variant:
    units = list(
        itertools.chain.from_iterable((unit, chance.choice([b"", b" ", b"\t"])) for unit in piece.units)
    )
    return Variant(joined(LINES, units), Claim.SAME_SET, piece.content)


def _no_final_newline(piece: Piece, _: Random) -> Variant:
    return Variant(piece.content.rstrip(b"\n"), Claim.SAME, piece.content)


# The whole file


def _zeros_at_the_end(piece: Piece, chance: Random) -> Variant:
    """What a file system leaves after a crash."""
    return Variant(piece.content + bytes(chance.choice([1, 512, 100_000])), Claim.SAME, piece.content)


def _other_encoding(piece: Piece, chance: Random) -> Variant:
    text = piece.content.decode("utf-8", errors="replace")
    return Variant(text.encode(chance.choice(["utf-16", "utf-32", "utf-7"]), errors="replace"))


def _cut_content(piece: Piece, chance: Random) -> Variant:
    return Variant(piece.content[: chance.randint(0, len(piece.content))])


def _flipped_anywhere(piece: Piece, chance: Random) -> Variant:
    return Variant(flipped(piece.content, chance))


def _gzip(piece: Piece) -> bytes:
    content = piece.content
    middle = len(content) // 2
    return gzip.compress(content[:middle], mtime=0) + gzip.compress(content[middle:], mtime=0)


def _gzip_cut(piece: Piece, chance: Random) -> Variant:
    """What could be unpacked is read, as far as there are whole lines."""
    packed = _gzip(piece)
    packed = packed[: chance.randint(20, len(packed))]
    unpacked = _unpacked(packed)
    if piece.container != LINES or b"\n" not in unpacked:
        return Variant(packed)
    if piece.format == "otlp":
        return Variant(packed, Claim.APART, before=piece.units[unpacked.count(b"\n") :])
    return Variant(packed, Claim.SAME, unpacked[: unpacked.rindex(b"\n") + 1])


def _unpacked(packed: bytes) -> bytes:
    unpacked = b""
    while packed:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        unpacked += member.decompress(packed)
        packed = member.unused_data
    return unpacked


def _gzip_flipped(piece: Piece, chance: Random) -> Variant:
    return Variant(b"\x1f\x8b" + flipped(_gzip(piece)[2:], chance))


def _gzip_tail(piece: Piece, chance: Random) -> Variant:
    return Variant(
        _gzip(piece) + chance.choice([b"\0" * 700, b"garbage", b"\x1f\x8b\x08", piece.content[:50]])
    )


def _zstd_cut(piece: Piece, chance: Random) -> Variant:
    packed = zstandard.compress(piece.content)
    return Variant(packed[: chance.randint(4, len(packed))])


def _zstd_flipped(piece: Piece, chance: Random) -> Variant:
    packed = zstandard.compress(piece.content)
    return Variant(packed[:4] + flipped(packed[4:], chance))


# Messages of protobuf


def _cut_frames(piece: Piece, chance: Random) -> Variant:
    """The messages before the one that is cut."""
    content = piece.content[: chance.randint(1, len(piece.content))]
    kept: list[bytes] = []
    for unit in piece.units:
        if len(joined(FRAMES, [*kept, unit])) > len(content):
            break
        kept.append(unit)
    if not kept:
        return Variant(content)
    loud = joined(FRAMES, kept) != content
    return Variant(content, Claim.APART, before=piece.units[len(kept) :], loud=loud)


def _length_prefixed(piece: Piece, _: Random) -> Variant:
    """As the collector's file exporter writes it."""
    messages = [joined(FRAMES, [unit]) for unit in piece.units]
    content = b"".join(len(message).to_bytes(4, "big") + message for message in messages)
    return Variant(content, Claim.SAME_SET, piece.content)


def _change_field(piece: Piece, chance: Random) -> Variant:
    number = chance.randrange(len(piece.units))
    return _hit(piece, (number,), (change_message(piece.units[number], chance),))


_ANYWHERE: dict[str, Damage] = {
    "gzip cut": _gzip_cut,
    "gzip flipped": _gzip_flipped,
    "gzip with a tail": _gzip_tail,
    "zstd cut": _zstd_cut,
    "zstd flipped": _zstd_flipped,
}
_OF_TWO = {
    "lines glued", "line torn and glued", "lines interleaved", "lines swapped", "messages swapped",
    "records swapped",
}  # fmt: skip
_VALUES: dict[str, Damage] = {change: _change_value(change) for change in CHANGES}
KINDS: dict[str, dict[str, Damage]] = {
    LINES: {
        **_ANYWHERE,
        **_VALUES,
        **CLOCK_DAMAGE,
        "line torn": _torn_line,
        "line without its start": _headless_line,
        "line of garbage": _garbage_line,
        "file cut": _cut_file,
        "bytes flipped": _flip,
        "line deleted": _delete,
        "lines glued": _glue,
        "line torn and glued": _torn_and_glued,
        "lines interleaved": _interleaved,
        "lines swapped": _swap,
        "line twice": _duplicate,
        "CRLF": _line_ends,
        "byte order mark": _byte_order_mark,
        "blank lines": _blank_lines,
        "no final newline": _no_final_newline,
        "zeros at the end": _zeros_at_the_end,
        "other encoding": _other_encoding,
    },
    RECORDS: {
        **_ANYWHERE,
        **_VALUES,
        **RECORD_DAMAGE,
        **CLOCK_DAMAGE,
        "records swapped": _swap,
        "record twice": _duplicate,
        "byte order mark": _byte_order_mark,
        "zeros at the end": _zeros_at_the_end,
        "other encoding": _other_encoding,
    },
    DOCUMENT: {
        **_ANYWHERE,
        **_VALUES,
        "file cut": _cut_content,
        "bytes flipped": _flipped_anywhere,
        "byte order mark": _byte_order_mark,
        "other encoding": _other_encoding,
    },
    FRAMES: {
        **_ANYWHERE,
        "file cut": _cut_frames,
        "bytes flipped": _flip,
        "bytes flipped anywhere": _flipped_anywhere,
        "message deleted": _delete,
        "messages swapped": _swap,
        "message twice": _duplicate,
        "field changed": _change_field,
        "length prefixes": _length_prefixed,
    },
}
