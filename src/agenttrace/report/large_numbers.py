"""JSON whatever the numbers are: sums over many sessions of many years are no 64-bit integers."""

from __future__ import annotations

import json

import orjson


def dumped(document: object, option: int = 0) -> bytes:
    """What `orjson.dumps` gives with `OPT_INDENT_2` or `OPT_APPEND_NEWLINE`, for integers of any size."""
    try:
        return orjson.dumps(document, option=option)
    except TypeError:
        indented = bool(option & orjson.OPT_INDENT_2)
        separators = None if indented else (",", ":")
        text = json.dumps(document, indent=2 if indented else None, separators=separators, ensure_ascii=False)
        return text.encode() + (b"\n" if option & orjson.OPT_APPEND_NEWLINE else b"")
