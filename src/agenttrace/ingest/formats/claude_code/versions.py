"""Versions of the program as numbers, for what it writes changes with them."""

from __future__ import annotations

import re
from functools import lru_cache

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


@lru_cache(maxsize=1024)
def version_numbers(version: str | None) -> tuple[int, ...] | None:
    """The first three numbers of a version; None where it has no three."""
    found = _VERSION.match(version or "")
    return tuple(map(int, found.groups())) if found is not None else None
