"""Which session keys belong together: sessions, and families of sessions that may hold copies of each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

from agenttrace.ingest.assembly.keys import KeySets

Edge = tuple[str, str]


class Edges(NamedTuple):
    """Pairs of session keys: `strong` of those that are one session, `weak` of those that may hold copies."""

    strong: frozenset[Edge] = frozenset()
    weak: frozenset[Edge] = frozenset()


NO_EDGES = Edges()


def membership(keys: Sequence[str], strong: Iterable[Edge], weak: Iterable[Edge]) -> pl.DataFrame:
    """Frame of `session_key`, `set` and `family`, each the smallest key of what it names.

    Keys of one set are one session, but for different runs that share their ids; sets of one family may hold
    copies of each other's rows.
    """
    sets, families = KeySets(), KeySets()
    for key_a, key_b in strong:
        sets.join(key_a, key_b)
        families.join(key_a, key_b)
    families.join_all(weak)
    return pl.DataFrame(
        {
            "session_key": keys,
            "set": [sets.find(key) for key in keys],
            "family": [families.find(key) for key in keys],
        },
        schema={"session_key": pl.String, "set": pl.String, "family": pl.String},
    )
