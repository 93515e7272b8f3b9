"""The only way for text into the page: visible, on one line, and never markup."""

from __future__ import annotations

import re
from html import escape

import orjson

from agenttrace.report.escaping import printable

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|×|[mnµ]?s|m|h)(?!\w))")
_LESS_THAN = (b"<", b"\\u003c")
_OTHERS = (
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


def text(value: str) -> str:
    """For the content of an element, or a quoted attribute."""
    return escape(printable(value), quote=True)


def words(sentence: str) -> str:
    """A sentence of our own, in which no line ends between a number and its unit."""
    return _BEFORE_UNIT.sub("\xa0", text(sentence))


def json_script(value: object) -> str:
    """JSON for the inside of a script element: nothing in it ends the element, or begins a comment."""
    data = orjson.dumps(value)
    for char, spelt in (_LESS_THAN, *_OTHERS):
        data = data.replace(char, spelt)
    return data.decode()
