"""Before sessions are put together: which sources speak of one run, and whose clock is to be believed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from agenttrace.ingest.assembly.store import RawStore
from agenttrace.ingest.joining.candidates import PAIRS, same_ids, same_tokens
from agenttrace.ingest.joining.clocks import Offset, from_the_client, moved_back, settle
from agenttrace.ingest.joining.matches import NO_PAIRS, Matches
from agenttrace.ingest.joining.rest import by_time

_FEWEST = 3
_SHARE = 0.6
"""Without a common id, sessions are one if at least so many requests, and this share of the smaller one's, agree."""

_REQUEST_TIMES = ("start_ns", "end_ns")


def match_views(store: RawStore, views: Sequence[str]) -> Matches:
    """What of the store two sources tell. `views`: of each source its format and dialects.

    Sources alike in these see the same side of a run, so that only an id can say that they saw one request.
    """
    alike = len(set(views)) < 2
    if alike and not store.has_common_ids():
        return Matches(NO_PAIRS, {})
    requests = store.requests().with_row_index("row")
    stated = same_ids(requests)
    if alike and stated.is_empty():
        return Matches(NO_PAIRS, {})
    requests = _named(requests, store, views)
    pairs, offsets = settle(stated, requests)
    guessed = pairs.clear()
    if not alike:
        guessed, more = settle(same_tokens(requests, pairs), requests)
        guessed = _of_joined_sessions(guessed, requests)
        offsets += _further(more, offsets, guessed, requests)
        pairs = pl.concat([pairs, guessed])
    ahead = from_the_client(offsets)
    if not guessed.is_empty():
        pairs = pl.concat([pairs, by_time(pairs, moved_back(requests, ahead, _REQUEST_TIMES))])
    return Matches(_with_keys(pairs.cast(PAIRS), store) if pairs.height else NO_PAIRS, ahead)


def _named(requests: pl.DataFrame, store: RawStore, views: Sequence[str]) -> pl.DataFrame:
    """The requests, with `set` and `view`."""
    sets = store.members().select("set", key=pl.col("session_key").hash())
    seen = pl.DataFrame(
        {"origin": range(len(views)), "view": views}, schema={"origin": pl.Int32, "view": pl.Categorical}
    )
    return requests.join(sets, on="key", how="left", maintain_order="left").join(
        seen, on="origin", how="left", maintain_order="left"
    )


def _of_joined_sessions(pairs: pl.DataFrame, requests: pl.DataFrame) -> pl.DataFrame:
    """The pairs of sessions that so many of them speak for that chance does not explain it."""
    sized = requests.select("row", "set", "origin", size=pl.len().over("set", "origin"))
    both = (
        pairs.join(sized.rename({"row": "a"}), on="a")
        .join(sized.rename({"row": "b"}), on="b", suffix="_b")
        .with_columns(votes=pl.len().over("set", "origin", "set_b", "origin_b"))
    )
    smaller = pl.min_horizontal("size", "size_b")
    enough = (pl.col("votes") >= pl.min_horizontal(pl.lit(_FEWEST), smaller)) & (
        pl.col("votes") >= _SHARE * smaller
    )
    return both.filter(enough).select(pairs.columns)


def _further(
    offsets: list[Offset], known: list[Offset], pairs: pl.DataFrame, requests: pl.DataFrame
) -> list[Offset]:
    """The offsets of sources that the pairs are of, where ids have not told them."""
    told = {(offset.origin, offset.reference) for offset in known}
    origins = requests.get_column("origin")
    used = {*origins.gather(pairs.get_column("a")), *origins.gather(pairs.get_column("b"))}
    return [o for o in offsets if (o.origin, o.reference) not in told and o.origin in used]


def _with_keys(pairs: pl.DataFrame, store: RawStore) -> pl.DataFrame:
    a, b = (store.request_keys(pairs.get_column(side).to_numpy()) for side in ("a", "b"))
    return pl.concat([a, b.rename({name: f"{name}_b" for name in b.columns})], how="horizontal")
