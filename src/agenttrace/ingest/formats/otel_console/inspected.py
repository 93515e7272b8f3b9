"""Objects as Node prints them (`util.inspect`), read back as far as they are printed.

Keys are bare where they are names; texts stand in any of three quotes, in pieces where they have lines; what is nested
too deeply is printed as its kind in brackets, and long lists end in how many more there are.
"""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)
    |(?P<more>\.\.\.\ \d+\ more\ (?:items?|characters?))
    |(?P<kind>\[(?:Object|Array|Circular|Function|Getter|Symbol|class)\b[^\]\n]*\])
    |(?P<number>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?n?(?![\w$]))
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<mark>[{}\[\]:,+])
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"true": True, "false": False, "NaN": float("nan"), "Infinity": float("inf")}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_DEEPEST = 64


class _NotPrintedError(Exception):
    """It is no object of Node's."""


def inspected(text: str) -> dict[str, Any] | None:
    """The object, or None. What is not printed, and what is undefined, is null."""
    try:
        value, _ = _Reader(text).value(0, _DEEPEST)
    except _NotPrintedError:
        return None
    return value if isinstance(value, dict) else None


class _Reader:
    """Reads values from a place on, and says where each ends."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """A value, nested at most so deeply."""
        kind, token, end = self._next(at)
        if depth == 0:
            raise _NotPrintedError
        if token == "{":
            return self._object(end, depth - 1)
        if token == "[":
            return self._list(end, depth - 1)
        if kind == "text":
            return self._joined(token, end)
        if kind == "number":
            return _number(token), end
        if kind in ("word", "kind") and self._next(end)[1] in (
            "{",
            "[",
        ):  # its class, or what it has in its place
            return self.value(end, depth - 1)
        if kind in ("word", "kind"):
            return _WORDS.get(token), end
        raise _NotPrintedError

    def _next(self, at: int) -> tuple[str, str, int]:
        match = _TOKEN.match(self._text, at)
        if match is None or match.lastgroup is None:
            raise _NotPrintedError
        return match.lastgroup, match[match.lastgroup], match.end()

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while True:
            kind, name, end = self._next(at)
            if name == "}":
                return found, end
            if name == "," or kind == "more":
                at = end
                continue
            colon, after = self._next(end)[1:]
            if kind not in ("text", "word", "number") or colon != ":":
                raise _NotPrintedError
            found[_unquoted(name) if kind == "text" else name], at = self.value(after, depth)

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            kind, token, end = self._next(at)
            if token == "]":
                return found, end
            if token == "," or kind == "more":
                at = end
                continue
            item, at = self.value(at, depth)
            found.append(item)

    def _joined(self, token: str, at: int) -> tuple[str, int]:
        """A text, and the pieces that follow it."""
        pieces = [_unquoted(token)]
        while True:
            match = _TOKEN.match(self._text, at)
            if match is None or match.lastgroup not in ("mark", "more") or match["mark"] not in ("+", None):
                return "".join(pieces), at
            at = match.end()
            if match["mark"] == "+":
                kind, piece, at = self._next(at)
                if kind != "text":
                    raise _NotPrintedError
                pieces.append(_unquoted(piece))


def _number(token: str) -> int | float:
    digits = token.removesuffix("n")
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _unquoted(token: str) -> str:
    return _ESCAPE.sub(_meant, token[1:-1])


def _meant(escape: re.Match[str]) -> str:
    said = escape[1]
    return chr(int(said[1:], 16)) if said[0] in "ux" and len(said) > 1 else _ESCAPED.get(said, said)
