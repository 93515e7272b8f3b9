"""Text from traces is hostile: names of tools and agents, paths, errors. Here it is made harmless.

Whatever a trace says passes through `printable` before a person sees it, so that it can neither move a
cursor, nor colour a line, nor reverse the reading order, nor hide a character.
"""

from __future__ import annotations

import re


def printable(text: str) -> str:
    r"""The text on one line, with what is not visible as itself spelt out.

    Control characters, escapes, line ends, bidirectional overrides, zero-width and unassigned characters
    and lone surrogates become what Python writes for them.

    >>> printable("\x1b[31mred\u202e")
    '\\x1b[31mred\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelt(char) for char in text)


def clipped(text: str, limit: int) -> str:
    """At most `limit` characters, the end given up."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clipped_start(text: str, limit: int) -> str:
    """At most `limit` characters, the start given up: the end of a path says more."""
    return text if len(text) <= limit else "…" + text[len(text) - limit + 1 :]


def markdown_code(text: str) -> str:
    """A Markdown code span, for tables too: no link, mention, markup, HTML or further cell arises in it."""
    safe = printable(text).replace("|", r"\x7c") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", safe)), default=0) + 1)
    pad = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _spelt(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
