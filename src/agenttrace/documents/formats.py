"""docs/reference/formats.md: what the formats say of themselves."""

from __future__ import annotations

from agenttrace.ingest.format import Format
from agenttrace.ingest.registry import own_formats

_INTRODUCTION = """# Formats

Generated from the formats themselves by `make schemas`; the tests fail when it differs.

The format of a file is found by its content, never by its name. *Measured* stands in the source, *derived*
follows from what stands there, *unknown* is not to be had from it and stays null. A format that is *documented,
not yet seen* was read from its documents alone: no file that its own program wrote was at hand. A *workload*
says what was asked, not when it happened: `replay` can use it, `analyze` says what is missing.

| format | what it is | in | measured | derived | unknown | standing |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """A row for each format."""
    return _INTRODUCTION + "".join(map(_row, own_formats()))


def _row(known: Format) -> str:
    facts = known.facts
    standing = ["seen" if facts.seen else "documented, not yet seen"]
    if not facts.timed:
        standing.append("workload")
    lists = (facts.containers, facts.measured, facts.derived, facts.untold, tuple(standing))
    cells = [f"`{known.id}`", facts.about, *(", ".join(words) for words in lists)]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"
