"""Writes `docs/reference/formats.md` from what the formats say of themselves.

python -m agenttrace.ingest.documents docs/reference            writes it
python -m agenttrace.ingest.documents --check docs/reference    exit 1 where it has drifted
"""

from __future__ import annotations

import sys
from pathlib import Path

from agenttrace.ingest.format import Format
from agenttrace.ingest.registry import own_formats

_INTRODUCTION = """# Formats

Generated from the formats themselves by `make schemas`; the tests fail when it differs.

The format of a file is found by its content, never by its name. *Measured* stands in the source, *derived* follows
from what stands there, *unknown* is not to be had from it and stays null. A format that is *documented, not yet seen*
was read from its documents alone: no file that its own program wrote was at hand. A *workload* says what was asked, not
when it happened: `replay` can use it, `analyze` says what is missing.

| format | what it is | in | measured | derived | unknown | standing |
|---|---|---|---|---|---|---|
"""


def generate() -> dict[str, str]:
    """File name and content."""
    return {"formats.md": _INTRODUCTION + "".join(map(_row, own_formats()))}


def _row(known: Format) -> str:
    facts = known.facts
    standing = ["seen" if facts.seen else "documented, not yet seen"]
    if not facts.timed:
        standing.append("workload")
    lists = (facts.containers, facts.measured, facts.derived, facts.untold, tuple(standing))
    cells = [f"`{known.id}`", facts.about, *(", ".join(words) for words in lists)]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def main(arguments: list[str]) -> int:
    """Writes, or with --check compares; 1 where a file differs or is missing."""
    folder = Path(next(a for a in arguments if not a.startswith("-")))
    drifted = False
    for name, content in generate().items():
        path = folder / name
        if "--check" not in arguments:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != content:
            sys.stderr.write(f"{path}: differs from the formats' facts; run `make schemas`\n")
            drifted = True
    return 1 if drifted else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
