"""For instants, in groups, the nearest ones of others: each put in order by itself, and no join."""

from __future__ import annotations

from typing import Literal

import numpy as np

from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.ordering import places_of


def first_after(group: Rows, at: Rows, other_group: Rows, other_at: Rows) -> Rows:
    """For each instant the earliest of the others in its group that is not before it, the first of equals; or NONE."""
    return _nearest((group, at), (other_group, other_at), "left")


def last_before(group: Rows, at: Rows, other_group: Rows, other_at: Rows) -> Rows:
    """For each instant the latest of the others in its group that is not after it, the last of equals; or NONE."""
    return _nearest((group, at), (other_group, other_at), "right")


def _nearest(points: tuple[Rows, Rows], others: tuple[Rows, Rows], side: Literal["left", "right"]) -> Rows:
    """Of the others the one at which a point would be put in on its left; or the one before, to its right."""
    found = np.full(len(points[0]), NONE, np.int64)
    if not len(found) or not len(others[0]):
        return found
    wanted, there = places_of(points, others)
    order = np.argsort(there)
    ordered = there[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    which = np.minimum if side == "left" else np.maximum
    row = which.reduceat(order, begins)
    asking = np.argsort(wanted)  # places in order are found without a jump through memory
    place = np.searchsorted(ordered[begins], wanted[asking], side) - (side == "right")
    inside = (place >= 0) & (place < len(row))
    asking, nearest = asking[inside], row[place[inside]]
    same = others[0][nearest] == points[0][asking]
    found[asking[same]] = nearest[same]
    return found
