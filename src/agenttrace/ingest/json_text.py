"""JSON as traces hold it: strict where it is, lenient where writers were, closed where it is cut off."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from agenttrace.native.brackets import last_bracket

BOM = b"\xef\xbb\xbf"
_STRING = rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'
_TOKEN = re.compile(rb"[{}\[\],]|" + _STRING, re.DOTALL)
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+(?:([{}\[\]])|\Z)", re.DOTALL)
_BRACKET_OR_COMMA = re.compile(rb'(?:[^"{}\[\],]++|' + _STRING + rb")*+(?:([{}\[\],])|\Z)", re.DOTALL)
"""What is between two of them is passed over by the pattern itself, to the end of the text."""

_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n\x00,"
_DEEPEST = 256
"""Brackets in brackets; no writer of traces nests deeper, and readers of JSON give up not far beyond."""

_REPAIRS = 8
_CLOSER = {b"{": b"}", b"[": b"]"}


def parsed(text: bytes) -> Any:
    """The value, or None where the text is no JSON.

    What Python's own writer emits is understood too (NaN, infinities, lone surrogates), and bytes that are
    no UTF-8 are replaced.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return _readable(json.loads(text.decode(errors="replace")))
    except (ValueError, RecursionError):
        return None


def parsed_parts(line: bytes) -> tuple[list[Any], bool]:
    """The values of a line, one, or several that a crash joined; and whether that is all there is in it."""
    value = parsed(line)
    if value is not None:
        return [value], True
    text, values, at = line.decode(errors="replace"), [], 0
    try:
        while at < len(text):
            found, at = _DECODER.raw_decode(text, at)
            values.append(_readable(found))
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
    except (ValueError, RecursionError):
        return [value for value in values if isinstance(value, dict)], False
    return values, True


def first_line(text: bytes) -> bytes:
    """Without its end, and without a look at what follows it."""
    end = text.find(b"\n")
    return text if end < 0 else text[:end]


def begins_document(text: bytes) -> bool:
    """Whether the first line opens a bracket that the next ones go on with: a document of many lines."""
    if text[:1] == b"{" and first_line(text).rstrip()[-1:] == b"}":
        return False
    first, _, rest = text.partition(b"\n")
    rest = rest.lstrip()
    if _begins_list(first.strip(), rest):
        return True
    if first.rstrip()[-1:] in _CLOSER and _last_token(first) not in _CLOSER:
        return False  # a text that is cut off there
    if first.rstrip()[-1:] == b"{":
        return rest[:1] in (b'"', b"}")
    line, _, further = rest.partition(b"\n")
    if first.rstrip()[-1:] != b"[" or not line:
        return False
    return further.lstrip()[:1] != b"{" or parsed(line) is None


def _begins_list(first: bytes, rest: bytes) -> bool:
    """Whether the line is a list's first elements, whole, with a comma before the ones of the next line."""
    if first[:1] != b"[" or not (first[-1:] == b"," or rest[:1] == b","):
        return False
    return bool(parsed(first.removesuffix(b",") + b"]"))


def _last_token(text: bytes) -> bytes:
    found = b""
    for match in _TOKEN.finditer(text):
        found = match.group()
    return found


def _readable(value: Any) -> Any:
    """The value without the lone surrogates that JSON may spell and UTF-8 cannot hold."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def salvaged(text: bytes) -> tuple[Any, int]:
    """The value of as much of a broken document as is complete, and the line that ends in; None if nothing is."""
    text = text.decode(errors="replace").encode()
    for _ in range(_REPAIRS):
        whole = closed(text)
        value = parsed(whole)
        if value is not None:
            return value, 1 + whole.count(b"\n")
        text = whole[: max(0, _fault(whole))]
    return None, 1


def _fault(text: bytes) -> int:
    """Where the text stops being JSON, in bytes."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return len(error.doc[: error.pos].encode())
    return len(text)


def closed(text: bytes) -> bytes:
    """Text that is cut off, or broken somewhere, up to its last complete value, with what is open closed.

    Empty where not even a first value in it is complete. What closes a bracket that was never opened ends it,
    and so does nesting without end.
    """
    end, opens = last_bracket(text, _DEEPEST) or _last_bracket(text)
    depth = len(opens)
    if opens or not end:
        for match in _BRACKET_OR_COMMA.finditer(text, end):
            token = match[1]
            if token == b",":
                end, depth = match.end() - 1, len(opens)
            elif token == b"{" and not _breaks(token, opens):
                opens.append(token)
            else:
                break
    return text[:end] + b"".join(_CLOSER[token] for token in reversed(opens[:depth]))


def _last_bracket(text: bytes) -> tuple[int, list[bytes]]:
    """What `last_bracket` gives, where there is no kernel."""
    opens: list[bytes] = []
    end = depth = 0
    for match in _BRACKET.finditer(text):
        token = match[1]
        if token is None or _breaks(token, opens):
            break
        if token in _CLOSER:
            opens.append(token)
            if token == b"{" and len(opens) > 1:
                continue
        else:
            opens.pop()
        end, depth = match.end(), len(opens)
        if not opens:
            break
    return end, opens[:depth]


def _breaks(token: bytes, opens: list[bytes]) -> bool:
    """Whether it closes what is not open, or opens more than any document does."""
    if token in _CLOSER:
        return len(opens) == _DEEPEST
    return token in (b"}", b"]") and (not opens or _CLOSER[opens[-1]] != token)
