"""Pieces of Markdown: tables whose cells hold whatever text there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "Generated from the code by `make schemas`; the tests fail when it differs."


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, one line a row."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def cell(text: str) -> str:
    """Text on one line that does not end its cell."""
    return " ".join(text.split()).replace("|", r"\|")


def code(text: str) -> str:
    """As it is typed."""
    return f"`{text}`"
