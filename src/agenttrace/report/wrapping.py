"""Sentences in lines: a number is not parted from its unit, nor the words between two dots."""

from __future__ import annotations

import re
import textwrap

DOT = " · "
_GLUE = "\xa0"
_UNIT = r"(?:%|×|[mnµ]?s|m|h|d|[kMG]?B)(?!\w)"
_QUANTITY = re.compile(rf"\d {_UNIT}(?: \d+ {_UNIT})*")


def wrapped(sentence: str, width: int, later_indent: int = 0) -> str:
    """At most `width` columns wide; lines but the first begin with so many spaces."""
    glued = _QUANTITY.sub(lambda found: found[0].replace(" ", _GLUE), sentence)
    if DOT in sentence:
        parts = sentence.split(DOT)
        room = width - later_indent
        glued = DOT.join(part.replace(" ", _GLUE) if len(part) <= room else part for part in parts)
    lines = textwrap.wrap(glued, width, break_on_hyphens=False, subsequent_indent=" " * later_indent)
    return "\n".join(lines).replace(_GLUE, " ")
