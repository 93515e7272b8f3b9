"""What a page shows against what came out. `...` stands for what is left out: lines, where it is a line by
itself, else a stretch of its line."""

from __future__ import annotations

import difflib
import re


def differences(shown: str, found: str) -> str:
    """Empty where they agree; blanks at the ends of lines, and empty lines at the end, do not count."""
    pattern = "".join(map(_pattern, _lines(shown)))
    lines = _lines(found)
    if re.fullmatch(pattern, "".join(line + "\n" for line in lines)):
        return ""
    return "\n".join(difflib.unified_diff(_lines(shown), lines, "the page", "what came out", lineterm=""))


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*"
    return ".*".join(re.escape(part) for part in line.split("...")) + r"\n"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]
