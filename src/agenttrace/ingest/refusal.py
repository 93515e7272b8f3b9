"""Content that is known for what it is, and not read."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """What an input is, and what its owner can do."""

    what: str
    hint: str
