"""JSON in every spelling, and what a plan wants of it according to another reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

import orjson

from agenttrace.native.shredding import Column, Integer, Kind, Plan, Shreds, Tagged, Wish

LARGEST = 2**63 - 1
BLANKS = (b"", b"", b"", b" ", b"\t", b"\r", b" \t ")
NUMBERS = (
    b"0", b"-0", b"7", b"-12", b"0.5", b"-0.0", b"1e5", b"1E+05", b"2.5e-3", b"1e-400", b"12345678901234567890123",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775807", b"-9223372036854775808",
    b"18446744073709551615", b"18446744073709551616", b"1700000000000000000",
)  # fmt: skip
_SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_INTEGER = re.compile(rb"-?(0|[1-9][0-9]*)")

Found: TypeAlias = "dict[str, list[tuple[int, Any]]]"
"""By path: of each value its row and what it is."""


def spelled(value: Any, random: Random, *, escapes: bool = True) -> bytes:
    """A value as JSON; bytes in it stand for themselves. Names of members are written without escapes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return _text(value, random, escapes=escapes)
    pick = random.choice
    if isinstance(value, Mapping):
        members = [
            _text(name, random, escapes=False) + pick(BLANKS) + b":" + pick(BLANKS) + spelled(each, random)
            for name, each in value.items()
        ]
        return b"{" + pick(BLANKS) + (pick(BLANKS) + b"," + pick(BLANKS)).join(members) + pick(BLANKS) + b"}"
    items = [spelled(each, random) for each in value]
    return b"[" + pick(BLANKS) + (pick(BLANKS) + b"," + pick(BLANKS)).join(items) + pick(BLANKS) + b"]"


def _text(text: str, random: Random, *, escapes: bool) -> bytes:
    return b'"' + "".join(_character(each, random, escapes=escapes) for each in text).encode() + b'"'


def _character(character: str, random: Random, *, escapes: bool) -> str:
    if escapes and random.random() < 0.1:
        units = character.encode("utf-16-be").hex()
        units = units.upper() if random.random() < 0.5 else units
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    if character in '"\\' or character < " ":
        return _SHORT.get(character, f"\\u{ord(character):04x}")
    return "\\/" if character == "/" and escapes and random.random() < 0.5 else character


def lines(documents: Sequence[Any], random: Random) -> bytes:
    """Documents on lines, with blank ones between them; the last line may lack its end."""
    text = b""
    for document in documents:
        text += random.choice((b"", b"", b"\n", b" \n", b"\r\n"))
        text += random.choice(BLANKS) + spelled(document, random) + random.choice((b"\n", b"\r\n", b" \n"))
    return text[: len(text) - (random.random() < 0.3)]


def paths(wish: Wish | Tagged, path: str = "") -> dict[str, Wish | Tagged]:
    """Every path of a plan, and what is wanted there."""
    found = {path: wish}
    inner = wish.members if isinstance(wish, Tagged) else wish
    if isinstance(inner, Mapping):
        for name, each in inner.items():
            found |= paths(each, f"{path}.{name}".removeprefix("."))
    elif isinstance(inner, Sequence):
        found |= paths(inner[0], f"{path}[]")
    return found


def expected(
    wish: Mapping[str, Wish], text: bytes, passed_over: frozenset[str] = frozenset()
) -> Found | None:
    """What orjson finds of a plan in a text; of documents the line. None where it refuses a line.

    A number beyond doubles is sound JSON; it is none to orjson, so that what is around it is unknown: also None.
    """
    found: Found = {path: [] for path in paths(wish)}
    for number, line in enumerate(text.split(b"\n")):
        if not line.strip(b" \t\r"):
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        _look(found, "", wish, (document, 0), passed_over=passed_over)
        found[""][-1] = 0, (number, document)
    return found


def _look(
    found: Found,
    path: str,
    wish: Wish | Tagged,
    here: tuple[Any, int],
    *,
    element: bool = True,
    passed_over: frozenset[str],
) -> None:
    value, row = here
    inner: Any = wish
    if isinstance(wish, Tagged):
        tag, *others = wish.members
        if value[tag] in passed_over:
            return
        inner = {name: wish.members[name] for name in others}
    found[path].append((row, value))
    own = len(found[path]) - 1 if element else row
    if isinstance(inner, Mapping) and isinstance(value, dict):
        for name in inner.keys() & value.keys():
            at = f"{path}.{name}".removeprefix(".")
            _look(found, at, inner[name], (value[name], own), element=False, passed_over=passed_over)
    elif isinstance(inner, list) and isinstance(value, list):
        for each in value:
            _look(found, f"{path}[]", inner[0], (each, own), passed_over=passed_over)


def differing(plan: Plan, wish: Mapping[str, Wish], shreds: Shreds, text: bytes, found: Found) -> list[str]:
    """The paths at which the kernel says something else than was expected."""
    wrong = []
    for path, each in paths(wish).items():
        column = shreds[path]
        rows = [row for row, _ in found[path]]
        kinds = {Kind(kind) for kind in column.kind.tolist()}
        sound = column.row.tolist() == rows and column.kinds == kinds and shreds.count(path) == len(rows)
        if isinstance(each, Tagged):
            tags, tag = plan.tags(path), next(iter(each.members))
            sound = sound and [tags[number].decode() for number in column.value.tolist()] == [
                value[tag] for _, value in found[path]
            ]
        if not path:
            sound = sound and column.value.tolist() == [value[0] for _, value in found[""]]
        values = [value if path else value[1] for _, value in found[path]]
        if not sound or not all(
            _same(column, number, text, value, numeric=each is Integer) for number, value in enumerate(values)
        ):
            wrong.append(path)
    return wrong


def _same(column: Column, number: int, text: bytes, value: Any, *, numeric: bool) -> bool:
    piece = text[column.begin[number] : column.end[number]]
    kind, integer = Kind(column.kind[number]), None
    if _INTEGER.fullmatch(piece) and len(piece) <= 20 and abs(int(piece)) <= LARGEST:
        integer = int(piece)
    if kind in (Kind.TEXT, Kind.ESCAPED, Kind.DIGITS):
        digits = numeric and integer is not None
        wanted = Kind.DIGITS if digits else Kind.ESCAPED if b"\\" in piece else Kind.TEXT
        if kind != wanted or orjson.loads(b'"' + piece + b'"') != value:
            return False
    elif kind != _kind_of(value, integer) or repr(orjson.loads(piece)) != repr(value):
        return False
    return not numeric or kind not in (Kind.DIGITS, Kind.INTEGER) or column.value[number] == integer


def _kind_of(value: Any, integer: int | None) -> Kind:
    if isinstance(value, (dict, list)):
        return Kind.OBJECT if isinstance(value, dict) else Kind.ARRAY
    if value is None or isinstance(value, bool):
        return {None: Kind.NULL, True: Kind.TRUE, False: Kind.FALSE}[value]
    return Kind.INTEGER if integer is not None else Kind.NUMBER
