"""Values that no writer means: of another type, at the limits of numbers, hostile texts, deep nesting.

A document is changed as plain values and written again; what JSON writers cannot write (bytes that are no
UTF-8, a hundred thousand brackets) is put in where a mark was left for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Path = tuple[str | int, ...]
Value = Any
"""What stands in a document: of any type."""

LIMITS: tuple[Value, ...] = (
    0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, 10**400,
    -(2**31), -(2**63), -(2**64), 1e308, -1e308, 5e-324, -0.0, 0.5, 1.5, 1e15, 1e18, 4.2e18,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
OTHER_TYPES: tuple[Value, ...] = (
    None, True, False, "", "x", "0", "-1", "1.5", "NaN", "true", "9" * 25, [], {}, [None], [[]], {"": None},
    0, 1, -1.5, ["x", 1], {"a": {"b": []}},
)  # fmt: skip
TEXTS: tuple[str, ...] = (
    "\0", "a\0b", "\x1b[31mred\x1b[0m", "\x7f\x80\x9f", "\u202eevil", "\ufeff", "\ud800", "\udfff\ud800",
    "\U0001f600" * 40, "\u2028\u2029", "\r\n", "\t" * 50, "<script>alert(1)</script>", "|`*_[x](y)", "%s%n",
    "a" * 200_000, "/" * 3000, "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "2026-11-23T14:00:00",
    "9999-12-31T23:59:59.999999999Z", "2026-11-23T14:00:00+25:00", "1795417720164", "\u0661\u0662\u0663",
    "1_000", " 12 ", "+5", "0x10", "1e5",
)  # fmt: skip
_DEPTHS = (50, 200, 900, 5_000, 100_000)
_MARK = "@@damaged@@"
_BROKEN_UTF8 = (b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\x80")
_PAIRS = (("[", "]"), ('{"a":', "}"))


def remove_field(document: Value, path: Path, _: Random) -> bytes:
    """The document without that field."""
    holder = at(document, path[:-1])
    del holder[path[-1]]
    return written(document)


def set_limit(document: Value, path: Path, chance: Random) -> bytes:
    """A number at a limit of its type, as a number or as text."""
    limit = chance.choice(LIMITS)
    return _with(document, path, str(limit) if chance.random() < 0.2 else limit)


def set_other_type(document: Value, path: Path, chance: Random) -> bytes:
    """A value of another type."""
    return _with(document, path, chance.choice(OTHER_TYPES))


def set_text(document: Value, path: Path, chance: Random) -> bytes:
    """A hostile text."""
    return _with(document, path, chance.choice(TEXTS), escaped=chance.random() < 0.7)


def set_broken_utf8(document: Value, path: Path, chance: Random) -> bytes:
    """A text that is no UTF-8."""
    before = at(document, path)
    text = before if isinstance(before, str) else ""
    cut = chance.randint(0, len(text))
    marked = _with(document, path, text[:cut] + _MARK + text[cut:])
    return marked.replace(_MARK.encode(), chance.choice(_BROKEN_UTF8), 1)


def set_nested(document: Value, path: Path, chance: Random) -> bytes:
    """Brackets in brackets, up to a hundred thousand of them; sometimes they are never closed."""
    depth, (opening, closing) = chance.choice(_DEPTHS), chance.choice(_PAIRS)
    end = closing * depth if chance.random() < 0.8 else ""
    nested = opening * depth + ("0" if opening != "[" else "") + end
    return _with(document, path, _MARK).replace(f'"{_MARK}"'.encode(), nested.encode(), 1)


def repeat_key(document: Value, path: Path, chance: Random) -> bytes:
    """A key twice in one object, with different values."""
    again = json.dumps(chance.choice(OTHER_TYPES))
    key = path[-1] if isinstance(path[-1], str) else "type"
    return b"{" + json.dumps(key).encode() + b":" + again.encode() + b"," + written(document).lstrip()[1:]


CHANGES: dict[str, Callable[[Value, Path, Random], bytes]] = {
    "field removed": remove_field,
    "number at a limit": set_limit,
    "other type": set_other_type,
    "hostile text": set_text,
    "broken UTF-8": set_broken_utf8,
    "deep nesting": set_nested,
    "key twice": repeat_key,
}


def written(document: Value, *, escaped: bool = True) -> bytes:
    """The document as JSON; a lone surrogate can only be written as an escape."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=escaped)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode()


def paths(document: Value, above: Path = ()) -> Iterator[Path]:
    """The way to every value below the top."""
    entries: Iterator[tuple[str | int, Value]] = iter(())
    if isinstance(document, dict):
        entries = iter(document.items())
    elif isinstance(document, list):
        entries = iter(enumerate(document))
    for key, value in entries:
        yield (*above, key)
        yield from paths(value, (*above, key))


def at(document: Value, path: Path) -> Value:
    """The value at the end of a path."""
    for key in path:
        document = document[key]
    return document


def _with(document: Value, path: Path, value: Value, *, escaped: bool = True) -> bytes:
    at(document, path[:-1])[path[-1]] = value
    return written(document, escaped=escaped)
