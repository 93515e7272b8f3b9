"""docs/reference/findings.md: every code, what it means, what to do."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from agenttrace.documents.markdown import GENERATED, code, table


@cache
def themes() -> dict[str, dict[str, tuple[str, str, str]]]:
    """By theme and code: severity, meaning, what to do."""
    text = files("agenttrace.documents").joinpath("finding_codes.toml").read_text(encoding="utf-8")
    return {
        title: {name: (told[0], told[1], told[2]) for name, told in codes.items()}
        for title, codes in tomllib.loads(text).items()
    }


def page() -> str:
    """A table for each theme."""
    parts = [_INTRODUCTION]
    for title, codes in themes().items():
        rows = [
            (code(name), severity, meaning, advice) for name, (severity, meaning, advice) in codes.items()
        ]
        parts += [f"## {title}\n", table(("code", "severity", "meaning", "what to do"), rows)]
    return "\n".join(parts)


_INTRODUCTION = f"""# Findings

{GENERATED}

A finding counts what was dropped, repaired, guessed or is suspicious. It has a code, a severity, a count, an
example, and where it was first seen. `info` does not change the answer much, `warning` may, `error` means that
something is missing. `--strict` exits with 4 where there is a warning or an error, and
where lines were joined, repaired or cut off.
"""
