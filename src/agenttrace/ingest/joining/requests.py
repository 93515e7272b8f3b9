"""The views of each request: which of them stands for it, and where the others belong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import nearest, parent_rows
from agenttrace.model.vocabulary import Evidence

_ONE_SERVER_NS = 50_000_000
"""Two records of a server about one request of its (by its own id) differ by no more than its own overhead."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """For each row the number of the request that it is a view of, and the view that stands for it; or NONE."""

    group: Rows
    holder: Rows


def sightings_of(spans: pl.DataFrame, pairs: pl.DataFrame) -> Sightings:
    """Groups of rows that are one request: by `pairs`, and where one is inside the other by its trace.

    Of the views that no other one contains by its trace, one that contains another, or else the longest one whose
    bounds are measured, stands for all: it is the client's. A client that breaks off is done before its server is.
    """
    inner, outer = _nested_by_trace(spans)
    contained, contains = np.zeros((2, spans.height), np.bool_)
    contained[inner] = contains[outer] = True
    a = np.concatenate([pairs.get_column("a").to_numpy(), inner])
    b = np.concatenate([pairs.get_column("b").to_numpy(), outer])
    group = _connected(a, b, spans.height)
    seen = np.bincount(group, minlength=spans.height)[group] > 1
    length = (spans.get_column("end_ns") - spans.get_column("start_ns")).to_numpy()
    keys = spans.get_column("span_key").rank("dense").to_numpy()
    order = np.lexsort((keys, -length, unsureness(spans), ~contains, contained, group))
    first = np.ones(len(order), np.bool_)
    first[1:] = group[order[1:]] != group[order[:-1]]
    holder = np.full(len(order), NONE, np.int64)
    holder[group[order[first]]] = order[first]
    return Sightings(np.where(seen, group, NONE), np.where(seen, holder[group], NONE))


def unsureness(spans: pl.DataFrame) -> NDArray[np.int64]:
    """How badly the bounds of each row are known: 0 if both are measured, more with every step down."""
    grades = spans.select(
        pl.col("start_evidence").to_physical().cast(pl.Int64) + pl.col("end_evidence").to_physical()
    )
    return grades.to_series().to_numpy()


def _states_bounds(spans: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether the source says when each row began and ended, by whatever clock, and not only what it lay between."""
    vague = [Evidence.BOUNDED.value, Evidence.UNKNOWN.value]
    stated = spans.select(~pl.col("start_evidence").is_in(vague) & ~pl.col("end_evidence").is_in(vague))
    return stated.to_series().to_numpy()


def _nested_by_trace(spans: pl.DataFrame) -> tuple[Rows, Rows]:
    """Requests whose nearest ancestor that does something is a request, and that one."""
    kind = spans.get_column("kind")
    is_request = (kind == "request").to_numpy()
    above = nearest(parent_rows(spans), (kind != "other").to_numpy())
    inner = np.flatnonzero(is_request & (above != NONE) & is_request[np.maximum(above, 0)])
    return inner, above[inner]


def _connected(a: Rows, b: Rows, size: int) -> Rows:
    """The smallest row that each row is connected with, itself included."""
    group = np.arange(size, dtype=np.int64)
    while True:
        low = np.minimum(group[a], group[b])
        before = group.copy()
        np.minimum.at(group, a, low)
        np.minimum.at(group, b, low)
        group = group[group]
        if np.array_equal(group, before):
            return group


def place_sightings(spans: pl.DataFrame, seen: Sightings) -> tuple[Rows, Rows]:
    """Of the views that no trace has placed: the row that each becomes part of, and the row in which it lies.

    One of the two is NONE, both where there is nothing to do.
    """
    into, inside = np.full(spans.height, NONE, np.int64), np.full(spans.height, NONE, np.int64)
    rows = np.flatnonzero(seen.group != NONE)
    stands = seen.holder == np.arange(spans.height)
    under = nearest(parent_rows(spans), stands) == seen.holder
    facts = (
        spans[rows]
        .select("start_ns", "end_ns", "request_id")
        .with_columns(
            row=pl.Series(rows),
            group=pl.Series(seen.group[rows]),
            holder=pl.Series(seen.holder[rows]),
            placed=pl.Series(stands[rows] | under[rows]),
            sure=pl.Series(_states_bounds(spans)[rows]),
        )
    )
    loose = facts.filter(~pl.col("placed"))
    if loose.is_empty():
        return into, inside
    places = facts.filter("placed").select(
        "group", place="row", low="start_ns", high="end_ns", place_id="request_id"
    )
    one_server = (pl.col("request_id") == pl.col("place_id")).fill_null(value=False)
    apart = pl.when(one_server).then(_ONE_SERVER_NS).otherwise(TOLERANCE_NS)
    offers = loose.join(places, on="group").with_columns(
        same=((pl.col("low") - pl.col("start_ns")).abs() <= apart)
        & ((pl.col("high") - pl.col("end_ns")).abs() <= apart),
        holds=(pl.col("low") <= pl.col("start_ns") + TOLERANCE_NS)
        & (pl.col("high") >= pl.col("end_ns") - TOLERANCE_NS),
        length=pl.col("high") - pl.col("low"),
    )
    best = offers.sort("row", ~pl.col("same"), ~pl.col("holds"), "length", "place").unique(
        "row", keep="first", maintain_order=True
    )
    copies = best.filter(pl.col("same") | ~pl.col("sure"))
    target = pl.when("same").then("place").otherwise("holder")
    into[copies.get_column("row").to_numpy()] = copies.select(target).to_series().to_numpy()
    views = best.filter(~pl.col("same") & pl.col("sure"))
    where = pl.when("holds").then("place").otherwise("holder")
    inside[views.get_column("row").to_numpy()] = views.select(where).to_series().to_numpy()
    return into, inside
