"""Writes `docs/reference/`.

python -m agenttrace.documents docs/reference            writes it
python -m agenttrace.documents --check docs/reference    exit 1 where it has drifted
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from agenttrace.documents import (
    api,
    commands,
    exit_codes,
    findings,
    formats,
    json_outputs,
    platforms,
    settings,
    tables,
    words,
)

PAGES: dict[str, Callable[[], str]] = {
    "api.md": api.page,
    "commands.md": commands.page,
    "exit-codes.md": exit_codes.page,
    "findings.md": findings.page,
    "formats.md": formats.page,
    "json.md": json_outputs.page,
    "phases.md": words.page,
    "platforms.md": platforms.page,
    "settings.md": settings.page,
    "tables.md": tables.page,
}


def main(arguments: list[str]) -> int:
    """Writes, or with --check compares; 1 where a file differs, is missing, or is one too many."""
    check = "--check" in arguments
    folder = Path(next(a for a in arguments if not a.startswith("-")))
    files = {name: page() for name, page in PAGES.items()}
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return 0
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    drifted = sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))
    for name in drifted:
        sys.stderr.write(f"{folder / name}: differs from what the code says; run `make schemas`\n")
    return 1 if drifted else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
