"""The pages that people read, and the blocks of code in them.

A block is fenced or indented. HTML comments above it, which readers do not see, say what its words cannot:

    <!-- here: traces = dynamo-captures/A, $SESSION = A-s003 -->   of a page: what lies in the reader's folder
    <!-- first: agenttrace ... -->                                 of a page: what was typed before, a command a line
    <!-- file: convert.py -->                                      of a block: it is the content of this file
    <!-- not run: needs a cluster -->                              of a block: why nobody runs it here
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from house.repository import ROOT

COMMANDS = frozenset(
    (
        "agenttrace",
        "python",
        "make",
        "pip",
        "jq",
        "zstdcat",
        "cat",
        "dask",
        "docker",
        "export",
        "curl",
        "duckdb",
    )
)
"""Words that a line of an indented block begins with if it is to be typed."""
_COMMENT = re.compile(r"<!--\s*(here|first|file|not run):\s*(.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Code, as it stands on the page; `file` and `not_run` are what the comment above it says."""

    page: str
    line: int
    language: str
    text: str
    file: str | None = None
    not_run: str | None = None

    @property
    def place(self) -> str:
        """Where to look if it fails."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """The README and all of docs/, by their paths below the root."""
    return ["README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))]


@cache
def tokens(page: str) -> tuple[Token, ...]:
    """The page, parsed as GitHub does."""
    return tuple(MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8")))


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """In the order of the page."""
    return tuple(_blocks(page))


def block(page: str, language: str) -> str:
    """The code of that language on a page; there is one."""
    (found,) = [one.text for one in blocks(page) if one.language == language]
    return found


def typed_before(page: str) -> list[str]:
    """Commands that the page presumes."""
    return [line for part in _said(page, "first") for line in part.splitlines()]


def folder_of(page: str) -> dict[str, str]:
    """What the page presumes: names in the reader's folder, and the samples that they stand for."""
    told = _said(page, "here")
    pairs = [pair.partition("=") for part in told for pair in re.split(r"[,\n]", part) if pair.strip()]
    return {name.strip(): sample.strip() for name, _, sample in pairs}


def _said(page: str, wanted: str) -> list[str]:
    return [
        said for token in tokens(page) for kind, said in _COMMENT.findall(token.content) if kind == wanted
    ]


def _blocks(page: str) -> Iterator[Block]:
    said: dict[str, str] = {}
    for token in tokens(page):
        if token.type == "html_block":
            said = dict(_COMMENT.findall(token.content))
        elif token.type in {"fence", "code_block"}:
            line = (token.map or [0])[0] + 1
            language = token.info.split()[0] if token.info.strip() else _indented(token)
            yield Block(page, line, language, token.content, said.get("file"), said.get("not run"))
            said = {}
        elif token.nesting == 0:
            said = {}


def _indented(token: Token) -> str:
    """A drawing, unless its first line is to be typed."""
    first = token.content.split(maxsplit=1)[0]
    typed = first in COMMANDS or first == "$"
    return "unnamed" if token.type == "fence" else "console" if first == "$" else "sh" if typed else "text"
