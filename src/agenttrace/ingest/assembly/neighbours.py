"""For instants, in groups, the nearest ones of others: one sort of both together, and no join."""

from __future__ import annotations

import numpy as np

from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.ordering import order_of


def first_after(group: Rows, at: Rows, other_group: Rows, other_at: Rows) -> Rows:
    """For each instant the earliest of the others in its group that is not before it, the first of equals; or NONE."""
    order, is_other = _merged(group, at, other_group, other_at, others_last=True)
    place = np.where(is_other, np.arange(len(order)), len(order))
    following = np.minimum.accumulate(place[::-1])[::-1]
    return _answers(order, following, group, other_group)


def last_before(group: Rows, at: Rows, other_group: Rows, other_at: Rows) -> Rows:
    """For each instant the latest of the others in its group that is not after it, the last of equals; or NONE."""
    order, is_other = _merged(group, at, other_group, other_at, others_last=False)
    place = np.where(is_other, np.arange(len(order)), NONE)
    return _answers(order, np.maximum.accumulate(place), group, other_group)


def _merged(
    group: Rows, at: Rows, other_group: Rows, other_at: Rows, *, others_last: bool
) -> tuple[Rows, np.ndarray]:
    """The order of all, the others numbered from `len(group)`; and which places in it are of others."""
    other = np.arange(len(group) + len(other_group)) >= len(group)
    side = other if others_last else ~other
    order = order_of(np.concatenate([group, other_group]), np.concatenate([at, other_at]), side)
    return order, other[order]


def _answers(order: Rows, place: Rows, group: Rows, other_group: Rows) -> Rows:
    """`place`: of each place in the order that of its nearest other, outside of the order where there is none."""
    found = np.full(len(group), NONE, np.int64)
    asked = (order < len(group)) & (place >= 0) & (place < len(order))
    rows = order[asked]
    nearest = order[place[asked]] - len(group)
    same = other_group[nearest] == group[rows]
    found[rows[same]] = nearest[same]
    return found
