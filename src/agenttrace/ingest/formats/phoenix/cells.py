"""The cells of a data frame that pandas wrote as CSV: what were numbers and lists are text there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.json_text import parsed

_LONGEST = 1 << 20
_COUNT = ".token_count."
_STRUCTURES = ("attributes.", "events", "conversation")


def as_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with tokens as numbers and with lists and objects, which pandas writes as Python does."""
    return {name: _value(name, cell) for name, cell in row.items()}


def _value(name: str, cell: str) -> Any:
    if _COUNT in name:
        return _number(cell)
    if cell[0] in "[{" and name.startswith(_STRUCTURES) and len(cell) <= _LONGEST:
        value = parsed(cell.encode(errors="replace"))
        return _literal(cell) if value is None else value
    return cell


def _number(cell: str) -> int | str:
    """A column with gaps has its numbers with a point."""
    whole = cell.removesuffix(".0")
    return int(whole) if whole.isdecimal() and len(whole) < 16 else cell


def _literal(cell: str) -> Any:
    """What Python wrote; as text where it holds anything but literals."""
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return cell
