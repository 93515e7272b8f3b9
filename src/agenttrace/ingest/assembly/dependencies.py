"""Marks and links with their keys resolved to rows; what cannot be resolved becomes a finding."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.calls import call_links
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.grain import infer_overlaps
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, rows_or_null
from agenttrace.ingest.assembly.uses import infer_uses
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind, Severity

_NO_ROW = pl.lit(None, pl.Int64)
_MARK_COLUMNS = ("sid", "row", "kind", "t_ns", "evidence", "refers_row")
_LINK_COLUMNS = (
    "sid", "from_row", "at_ns", "to_row", "kind", "explicit", "rule", "confidence", "delay_ns", "origin",
)  # fmt: skip


def resolve_marks(marks: pl.DataFrame, index: KeyIndex) -> pl.DataFrame:
    """`marks` with `row` and `refers_row`; a mark of a span that is in no source is left out."""
    if marks.is_empty():
        return marks.with_columns(row=_NO_ROW, refers_row=_NO_ROW).select(_MARK_COLUMNS)
    sid = marks.get_column("sid")
    found = marks.with_columns(
        row=rows_or_null(index.find(sid, marks.get_column("span_key"))),
        refers_row=rows_or_null(index.find(sid, marks.get_column("refers_to_key"))),
    )
    return found.drop_nulls("row").select(_MARK_COLUMNS).unique(maintain_order=True)


def resolve_links(
    held: Held, frames: Frames, index: KeyIndex, ledger: Ledger, untimed: pl.Series
) -> pl.DataFrame:
    """The links and calls of `frames` as rows of spans, with spawns and the inferred uses of background agents.

    In the sessions `untimed` nothing is inferred: their instants say nothing of who waited for whom. Nor is it where
    sources say that their links are settled: these were inferred before, and stand as they are.
    """
    stated = _stated(held, frames.links, index, ledger)
    settled = settled_sessions(frames)
    final = stated.filter(pl.col("sid").is_in(settled.implode()))
    stated = stated.filter(~pl.col("sid").is_in(settled.implode()))
    if frames.calls.height:
        stated = pl.concat([stated, call_links(held, frames.calls)])
    stated = _on_views(held, _with_uses(held, stated))
    overlaps = _as_links(infer_overlaps(held, stated), stated, LinkKind.FEEDS).select(_LINK_COLUMNS)
    inferred = pl.concat([_uses(held, stated), overlaps]).filter(~pl.col("sid").is_in(untimed.implode()))
    inferred = pl.concat([_spawns(held, stated), inferred])
    return pl.concat([final, stated, inferred.filter(~pl.col("sid").is_in(settled.implode()))])


def settled_sessions(frames: Frames) -> pl.Series:
    """The numbers (sid) of sessions of which every source says that its links are all that there are."""
    said = frames.sessions.filter("settled").select("sid", "origin").unique()
    if said.is_empty():
        return said.get_column("sid")
    unsaid = frames.spans.select("sid", "origin").unique().join(said, on=["sid", "origin"], how="anti")
    return said.join(unsaid, on="sid", how="anti").get_column("sid").unique()


def _stated(held: Held, links: pl.DataFrame, index: KeyIndex, ledger: Ledger) -> pl.DataFrame:
    if links.is_empty():
        return links.with_columns(from_row=_NO_ROW, to_row=_NO_ROW).select(_LINK_COLUMNS)
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
    return found.drop_nulls(["from_row", "to_row"]).select(_LINK_COLUMNS)


def _with_uses(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """What work in the background gives to another lane is its use, whatever kind of link says so."""
    background = held.lanes.filter("background").get_column("holder")
    if background.is_empty() or stated.is_empty():
        return stated
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
    views = held.spans.select(
        "start_ns", "end_ns", "kind", view=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(outer=pl.Series(held.parents))
    views = views.filter((pl.col("kind") == "other") & (pl.col("outer") != NONE))
    source, due = (
        stated.get_column("from_row").to_numpy().copy(),
        starts[stated.get_column("to_row").to_numpy()],
    )
    asking = np.flatnonzero(
        (held.spans.get_column("kind").to_numpy()[source] == "request") & (ends[source] > due)
    )
    while len(asking):
        asked = pl.DataFrame({"link": asking, "outer": source[asking], "due": due[asking]})
        running = asked.join(views, on="outer").filter(
            (pl.col("start_ns") < pl.col("due")) & (pl.col("due") < pl.col("end_ns"))
        )
        inner = running.sort("link", "start_ns", "view").unique("link", keep="last", maintain_order=True)
        asking = inner.get_column("link").to_numpy()
        source[asking] = inner.get_column("view").to_numpy()
    return stated.with_columns(from_row=pl.Series(source))


def _uses(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    if not held.lanes.get_column("background").any():
        return stated.clear()
    joins = stated.filter(pl.col("kind") == LinkKind.JOINS.value).get_column("from_row")
    joined = held.lanes.filter(pl.col("holder").is_in(joins.implode())).get_column("lane_no")
    uses = infer_uses(held, set(joined.to_list()))
    return _as_links(uses, stated, LinkKind.JOINS).select(_LINK_COLUMNS)


def _spawns(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """A lane that starts when the span that spawned it has ended, or that is not inside it, hangs on it."""
    lanes = held.lanes.filter(pl.col("spawn_row") != NONE)
    if lanes.is_empty():
        return stated.clear()
    starts = held.spans.get_column("start_ns")
    ends = held.spans.get_column("end_ns")
    spawned = lanes.select(
        "sid", from_row="spawn_row", to_row="holder", stated=~pl.col("spawn_inferred")
    ).with_columns(
        apart=ends.gather(lanes.get_column("spawn_row")) <= starts.gather(lanes.get_column("holder")),
        parent=pl.Series(held.parents[lanes.get_column("holder").to_numpy()], dtype=pl.Int64),
    )
    outside = spawned.filter(pl.col("apart") | (pl.col("parent") != pl.col("from_row")))
    return _as_links(
        outside.with_columns(
            rule=pl.when("stated").then(pl.lit("spawning call")).otherwise(pl.lit(rules.CONTAINED.name)),
            confidence=pl.when(~pl.col("stated")).then(rules.CONTAINED.confidence).cast(pl.Float64),
        ),
        stated,
        LinkKind.SPAWNS,
        explicit=pl.col("stated"),
    ).select(_LINK_COLUMNS)


def _as_links(
    rows: pl.DataFrame, like: pl.DataFrame, kind: LinkKind, *, explicit: pl.Expr | None = None
) -> pl.DataFrame:
    return rows.with_columns(
        at_ns=pl.lit(None, pl.Int64),
        delay_ns=pl.lit(None, pl.Int64),
        kind=pl.lit(kind.value).cast(like.get_column("kind").dtype),
        explicit=pl.lit(value=False) if explicit is None else explicit,
        origin=pl.lit(NONE, pl.Int32),
    )
