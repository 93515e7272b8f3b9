"""An agent span inside another that does nothing itself: frameworks wrap their one agent in a workflow."""

from __future__ import annotations

import numpy as np

from agenttrace.ingest.assembly.columns import known
from agenttrace.ingest.assembly.lane_facts import LaneFacts
from agenttrace.ingest.assembly.lookup import NONE, Rows

_DEEPEST = 8


def unwrapped(lanes: LaneFacts) -> Rows:
    """Of each lane itself, or the one lane that it, a lane at the top, only wraps.

    A wrapper has spans, but no request, no tool call and no wait of its own (what it was called for may be
    told), nothing states that it is the main agent, and exactly one lane was opened in it.
    """
    into = np.arange(len(lanes.sid))
    for _ in range(_DEEPEST):
        inner = _wrapped(lanes, into)[into]
        if (inner == NONE).all():
            break
        into = np.where(inner == NONE, into, inner)
    return into


def merged(lanes: LaneFacts, into: Rows) -> tuple[LaneFacts, Rows]:
    """The lanes after wrappers have become what they wrap, and the number of each among them.

    What both know, the wrapped one knows best.
    """
    wraps = into != np.arange(len(into))
    if not wraps.any():
        return lanes, into
    number = (np.cumsum(~wraps) - 1)[into]
    outermost = np.bincount(number[wraps], minlength=number.max() + 1) > 0
    parent, spawn = lanes.parent[~wraps], lanes.spawn[~wraps]
    parent = np.where(outermost | (parent == NONE), NONE, number[parent])
    order = np.lexsort((lanes.worked.low, wraps, number))
    return lanes.together(number, order, parent, np.where(outermost, NONE, spawn)), number


def _wrapped(lanes: LaneFacts, into: Rows) -> Rows:
    """Of each lane the one that it wraps, after the steps that have been made; or NONE."""
    count = len(into)
    above = np.where(lanes.parent == NONE, NONE, into[lanes.parent])
    inner = np.flatnonzero((above != NONE) & (above != into))
    parent = np.full(count, NONE, np.int64)
    parent[into[inner]] = above[inner]
    opened = np.flatnonzero(parent != NONE)
    found = np.full(count, NONE, np.int64)
    found[parent[opened]] = opened
    idle, unstated, seen = (
        np.bincount(into[which], minlength=count)
        for which in (lanes.worked.acts > 0, known(lanes.told.get_column("main")), lanes.worked.spans > 0)
    )
    wraps = (parent == NONE) & (idle == 0) & (unstated == 0) & (seen > 0)
    wraps &= np.bincount(parent[opened], minlength=count) == 1
    return np.where(wraps, found, NONE)
