"""What can be chosen; alone, so that a command can offer it without loading what does the work."""

from __future__ import annotations

from enum import StrEnum


class Load(StrEnum):
    """How sessions come."""

    CLOSED = "closed"
    RECORDED = "recorded"
    ISOLATED = "isolated"


class Routing(StrEnum):
    """The routers."""

    AFFINITY = "affinity"
    ROUND_ROBIN = "round-robin"
    LEAST_LOADED = "least-loaded"
