"""Whose work each span is: the number of its lane, and the key by which a source calls that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import Mask, are, known
from agenttrace.ingest.assembly.lookup import NONE, Rows, numbered
from agenttrace.ingest.assembly.parents import climb, nearest

MAIN = ""
"""Lane key of work that no source gives to an agent; the empty string is never a source's key."""


class Named(NamedTuple):
    """Lanes, by their numbers: the session and the key of each."""

    sid: Rows
    key: pl.Series


def lane_of(spans: pl.DataFrame, parents: Rows) -> pl.Series:
    """The lane key of each span: that of the nearest ancestor that is stated to be of an agent, or MAIN."""
    number, lanes = number_lanes(spans, parents)
    return lanes.key[number].alias("lane")


def number_lanes(spans: pl.DataFrame, parents: Rows) -> tuple[Rows, Named]:
    """The number of each span's lane, and the lanes that have spans."""
    stated = known(spans.get_column("agent_key")) | are(spans, "kind", "agent")
    source = _climbed(parents, stated)
    tells = np.zeros(len(parents), np.bool_)
    tells[source] = True
    tops = np.flatnonzero(tells)
    sid, own = spans.get_column("sid").to_numpy()[tops], _own_keys(spans, tops)
    number, first = numbered(sid, own)
    lane = np.empty(len(parents), np.int64)
    lane[tops] = number
    return _with_tools_of_subagents(spans, parents, lane[source], stated), Named(sid[first], own[first])


def _own_keys(spans: pl.DataFrame, rows: Rows) -> pl.Series:
    """The key of the lane that each of these rows is of if its ancestors say nothing."""
    keys = spans.select("agent_key", "span_key", "kind")[rows]
    opened = pl.when(pl.col("kind") == "agent").then("span_key").otherwise(pl.lit(MAIN))
    return keys.select(pl.coalesce("agent_key", opened)).to_series()


def _climbed(parents: Rows, stops: Mask) -> Rows:
    """The nearest row that stops a climb from each, itself or above; the topmost if there is none."""
    itself = np.arange(len(parents), dtype=np.int64)
    return climb(np.where(stops | (parents == NONE), itself, parents)) if len(parents) else parents


def _with_tools_of_subagents(spans: pl.DataFrame, parents: Rows, lane: Rows, stated: Mask) -> Rows:
    """Tool calls of no stated agent, inside a call that runs exactly one: its requests say whose they are."""
    tool = are(spans, "kind", "tool")
    call = nearest(parents, tool)
    asking = np.flatnonzero(are(spans, "kind", "request") & stated & (call != NONE))
    asking = asking[lane[asking] != lane[call[asking]]]
    if not len(asking):
        return lane
    least, most = np.full(len(parents) + 1, len(parents)), np.full(len(parents) + 1, NONE)
    np.minimum.at(least, call[asking], lane[asking])
    np.maximum.at(most, call[asking], lane[asking])
    whose = np.where(least == most, most, NONE)[call]
    moved = tool & ~stated & (whose != NONE)
    return np.where(moved, whose, lane)[_climbed(parents, stated | moved)]
