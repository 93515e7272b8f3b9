"""Once sessions are known: of one request, one span; of one tool call, one span; each fact from who knows it best.

Views of one request are nested, the server's in the client's, unless their bounds are the same or one of
them has no measured bounds: then they are one record told twice, and become one row. A tool call is run once,
whoever tells of it: its views always become one row, with the bounds that are known best.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import climb, parent_rows
from agenttrace.ingest.joining.calls import same_calls
from agenttrace.ingest.joining.containers import place_in_interactions, same_interactions
from agenttrace.ingest.joining.lanes import adopt_lanes, lanes_known, renamed
from agenttrace.ingest.joining.matches import Matches
from agenttrace.ingest.joining.merging import merge_rows
from agenttrace.ingest.joining.requests import Sightings, place_sightings, sightings_of
from agenttrace.model.vocabulary import Severity


def fold_sightings(
    spans: pl.DataFrame, frames: Frames, matches: Matches, ledger: Ledger
) -> tuple[pl.DataFrame, Frames]:
    """The spans with one row for each record, and the frames with what hung on the others moved to it.

    `spans` have been merged where they are copies, `frames.spans` have not.
    """
    if matches.pairs.is_empty():
        return spans, frames
    seen = sightings_of(spans, _rows_of(matches.pairs, frames.spans, spans))
    laned = lanes_known(spans)
    spans, frames = adopt_lanes(spans, frames, seen)
    into, inside = place_sightings(spans, seen)
    calls = same_calls(spans, seen, laned)
    into = np.where(calls == NONE, into, calls)
    into = _with_interactions(spans, into, inside)
    told = (into != NONE) | (inside != NONE)
    ledger.add_rows(
        "same_record",
        Severity.INFO,
        "a request or a tool call of which another source tells too: counted once",
        spans.filter(pl.Series(told)),
    )
    frames = _moved(frames, spans, _stand_ins(seen, into))
    return place_in_interactions(merge_rows(_nested(spans, into, inside), into)), frames


def _rows_of(pairs: pl.DataFrame, raw: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The pairs as rows of `spans`, but for those that are one row by now, or of which one is gone."""
    place = ["origin", "session_key", "span_key"]
    index = (
        raw.select("sid", *place)
        .unique(place)
        .join(
            spans.select("sid", "span_key", row=pl.int_range(pl.len(), dtype=pl.Int64)),
            on=["sid", "span_key"],
        )
    )
    found = pairs.join(index.select(*place, a="row"), on=place).join(
        index.select(*(pl.col(name).alias(f"{name}_b") for name in place), b="row"),
        on=[f"{name}_b" for name in place],
    )
    return found.select("a", "b").filter(pl.col("a") != pl.col("b")).unique().sort("a", "b")


def _with_interactions(spans: pl.DataFrame, into: Rows, inside: Rows) -> Rows:
    """`into` with the interactions that are one; of more than two sources, all become the same."""
    same = same_interactions(spans, np.where(into == NONE, inside, into))
    itself = np.arange(spans.height, dtype=np.int64)
    top = climb(np.where(same == NONE, itself, same))
    return np.where(same == NONE, into, top)


def _stand_ins(seen: Sightings, into: Rows) -> Rows:
    """What takes over the marks, links and prefixes of a row: the request that stands for it, or its copy."""
    others = seen.holder != np.arange(len(into))
    return np.where((seen.holder != NONE) & others, seen.holder, into)


def _moved(frames: Frames, spans: pl.DataFrame, to: Rows) -> Frames:
    """The frames with the keys of rows that another one stands for replaced by its key."""
    gone = np.flatnonzero(to != NONE)
    keys = spans.get_column("span_key")
    names = pl.DataFrame(
        {"sid": spans.get_column("sid").gather(gone), "old": keys.gather(gone), "new": keys.gather(to[gone])}
    ).unique(["sid", "old"], keep="first", maintain_order=True)
    return replace(
        frames,
        marks=renamed(frames.marks, names, "span_key", "refers_to_key"),
        links=renamed(frames.links, names, "from_key", "to_key"),
        calls=renamed(frames.calls, names, "span_key"),
        prefixes=renamed(frames.prefixes, names, "span_key"),
        agents=renamed(frames.agents, names, "spawn_key"),
    )


def _nested(spans: pl.DataFrame, into: Rows, inside: Rows) -> pl.DataFrame:
    """Parents are those that stand for the stated ones; a server's view is inside the client's, in its lane."""
    parents = parent_rows(spans)
    stated = np.where(parents == NONE, NONE, into[np.maximum(parents, 0)])
    wanted = np.where(inside == NONE, stated, inside)
    rows = pl.Series(wanted).replace(NONE, None)
    return spans.with_columns(
        parent_key=pl.coalesce(spans.get_column("span_key").gather(rows), pl.col("parent_key")),
        agent_key=pl.when(pl.Series(inside == NONE)).then("agent_key"),
    )
