"""Marks and links with their keys resolved to rows; what cannot be resolved becomes a finding."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.calls import call_links
from agenttrace.ingest.assembly.columns import are
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.grain import infer_overlaps
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.link_rows import LINK_SCHEMA, NO_LINKS, Inferred, link_rows
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, rows_or_null
from agenttrace.ingest.assembly.uses import infer_uses
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind, Severity

_STATED = rules.Rule("spawning call", None)


def resolve_marks(marks: pl.DataFrame, index: KeyIndex) -> pl.DataFrame:
    """`marks` with `row` and `refers_row`, or NONE; a mark of a span that is in no source is left out."""
    if marks.is_empty():
        return marks
    sid = marks.get_column("sid")
    rows = {"row": "span_key", "refers_row": "refers_to_key"}
    found = marks.hstack(
        [pl.Series(row, index.find(sid, marks.get_column(key))) for row, key in rows.items()]
    )
    lost = found.get_column("row").to_numpy() == NONE
    return found.filter(pl.Series(~lost)) if lost.any() else found


def resolve_links(
    held: Held, frames: Frames, index: KeyIndex, ledger: Ledger, untimed: pl.Series
) -> pl.DataFrame:
    """The links and calls of `frames` as rows of spans, with spawns and the inferred uses of background agents.

    In the sessions `untimed` nothing is inferred: their instants say nothing of who waited for whom. Nor is it where
    sources say that their links are settled: these were inferred before, and stand as they are.
    """
    stated = _stated(held, frames.links, index, ledger)
    settled = settled_sessions(frames)
    final = _of_sessions(stated, settled)
    stated = _of_others(stated, settled)
    if frames.calls.height:
        stated = pl.concat([stated, call_links(held, frames.calls)])
    stated = _on_views(held, _with_uses(held, stated))
    inferred = [*_uses(held, stated), *infer_overlaps(held, stated)]
    inferred = [*_spawns(held), *(each.without(untimed) for each in inferred)]
    return pl.concat([final, stated, link_rows([each.without(settled) for each in inferred])])


def _of_sessions(links: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    return links.filter(pl.col("sid").is_in(sessions.implode())) if len(sessions) else links.clear()


def _of_others(links: pl.DataFrame, sessions: pl.Series) -> pl.DataFrame:
    return links.filter(~pl.col("sid").is_in(sessions.implode())) if len(sessions) else links


def settled_sessions(frames: Frames) -> pl.Series:
    """The numbers (sid) of sessions of which every source says that its links are all that there are."""
    settled = frames.sessions.get_column("settled")
    if settled.null_count() == len(settled):
        return pl.Series("sid", [], pl.Int64)
    said = frames.sessions.filter("settled").select("sid", "origin").unique()
    unsaid = frames.spans.select("sid", "origin").unique().join(said, on=["sid", "origin"], how="anti")
    return said.join(unsaid, on="sid", how="anti").get_column("sid").unique()


def _stated(held: Held, links: pl.DataFrame, index: KeyIndex, ledger: Ledger) -> pl.DataFrame:
    if links.is_empty():
        return NO_LINKS
    lanes = held.lanes.select("sid", from_key="lane", lane_row="holder")
    sid = links.get_column("sid")
    found = (
        links.with_columns(
            from_row=rows_or_null(index.find(sid, links.get_column("from_key"))),
            to_row=rows_or_null(index.find(sid, links.get_column("to_key"))),
        )
        .join(lanes, on=["sid", "from_key"], how="left", maintain_order="left")
        .with_columns(from_row=pl.coalesce("lane_row", "from_row"))
    )
    lost = found.filter(pl.col("from_row").is_null() | pl.col("to_row").is_null())
    ledger.add_rows(
        "unresolved_link",
        Severity.INFO,
        "a dependency on a span that is in no source",
        lost.with_columns(line=pl.lit(None, pl.Int64)),
    )
    return found.drop_nulls(["from_row", "to_row"]).select(*LINK_SCHEMA)


def _with_uses(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """What work in the background gives to another lane is its use, whatever kind of link says so."""
    if stated.is_empty() or not held.lanes.get_column("background").any():
        return stated
    background = held.lanes.filter("background").get_column("holder")
    lane = pl.Series(held.lane)
    crosses = lane.gather(stated.get_column("from_row")) != lane.gather(stated.get_column("to_row"))
    kind = pl.col("kind").cast(pl.String)
    used = (kind == LinkKind.FEEDS.value) & pl.col("from_row").is_in(background.implode()) & crosses
    word = pl.when(used).then(pl.lit(LinkKind.JOINS.value)).otherwise(kind)
    return stated.with_columns(kind=word.cast(stated.get_column("kind").dtype))


def _on_views(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """What starts while a request runs hangs on the view of it that runs then: the server's, inside the client's."""
    if stated.is_empty():
        return stated
    starts, ends = (held.spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    source, due = (
        stated.get_column("from_row").to_numpy().copy(),
        starts[stated.get_column("to_row").to_numpy()],
    )
    asking = np.flatnonzero(are(held.spans, "kind", "request")[source] & (ends[source] > due))
    if not len(asking):
        return stated
    views = held.spans.select(
        "start_ns", "end_ns", "kind", view=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(outer=pl.Series(held.parents))
    views = views.filter((pl.col("kind") == "other") & (pl.col("outer") != NONE))
    while len(asking):
        asked = pl.DataFrame({"link": asking, "outer": source[asking], "due": due[asking]})
        running = asked.join(views, on="outer").filter(
            (pl.col("start_ns") < pl.col("due")) & (pl.col("due") < pl.col("end_ns"))
        )
        inner = running.sort("link", "start_ns", "view").unique("link", keep="last", maintain_order=True)
        asking = inner.get_column("link").to_numpy()
        source[asking] = inner.get_column("view").to_numpy()
    return stated.with_columns(from_row=pl.Series(source))


def _uses(held: Held, stated: pl.DataFrame) -> list[Inferred]:
    if not held.lanes.get_column("background").any():
        return []
    joins = stated.filter(pl.col("kind") == LinkKind.JOINS.value) if stated.height else stated
    sources = joins.get_column("from_row").to_numpy()
    joined = np.flatnonzero(np.isin(held.lanes.get_column("holder").to_numpy(), sources))
    return infer_uses(held, set(joined.tolist()))


def _spawns(held: Held) -> list[Inferred]:
    """A lane that starts when the span that spawned it has ended, or that is not inside it, hangs on it."""
    sid, spawn, holder = (held.lanes.get_column(name).to_numpy() for name in ("sid", "spawn_row", "holder"))
    start, end = (held.spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    apart = (end[spawn] <= start[holder]) | (held.parents[holder] != spawn)
    outside = (spawn != NONE) & apart
    inferred = held.lanes.get_column("spawn_inferred").to_numpy()
    return [
        Inferred(sid[rows], spawn[rows], holder[rows], LinkKind.SPAWNS, rule, rule is _STATED)
        for rule, rows in ((_STATED, outside & ~inferred), (rules.CONTAINED, outside & inferred))
    ]
