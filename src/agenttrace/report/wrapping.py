"""Sentences in lines: a number is not parted from its unit, nor the words between two dots."""

from __future__ import annotations

import re
import textwrap

DOT = " · "
_GLUE = "\xa0"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|×|[mnµ]?s|m|h)(?!\w))")


def wrapped(sentence: str, width: int, later_indent: int = 0) -> str:
    """At most `width` columns wide; lines but the first begin with so many spaces."""
    glued = _BEFORE_UNIT.sub(_GLUE, sentence)
    if DOT in sentence:
        parts = sentence.split(DOT)
        room = width - later_indent
        glued = DOT.join(part.replace(" ", _GLUE) if len(part) <= room else part for part in parts)
    lines = textwrap.wrap(glued, width, break_on_hyphens=False, subsequent_indent=" " * later_indent)
    return "\n".join(lines).replace(_GLUE, " ")
