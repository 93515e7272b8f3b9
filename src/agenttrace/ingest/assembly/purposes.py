"""What spans are for, where it follows from what holds them."""

from __future__ import annotations

import numpy as np

from agenttrace.ingest.assembly.columns import Codes, Mask, are, code, codes, worded
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.parents import nearest
from agenttrace.model.vocabulary import Purpose

_TURN = code("purpose", Purpose.TURN.value)


def spread_purposes(held: Held) -> Held:
    """A compaction is for itself, and so is the request in it that is for nothing else.

    Parts of a request, and a server's views of it, are for what it is for, which is often found out late.
    """
    spans = held.spans
    request, part = are(spans, "kind", "request"), are(spans, "kind", "other")
    held = _for_compaction(held, are(spans, "kind", "compaction"), request)
    purpose = codes(held.spans.get_column("purpose"))
    special = request & _other_than_turn(purpose)
    if not special.any() or not part.any():
        return held
    holder = nearest(held.parents, ~part)
    inherits = part & (holder != NONE) & special[holder]
    return _with_purpose(held, np.where(inherits, purpose[holder], purpose))


def _for_compaction(held: Held, summary: Mask, request: Mask) -> Held:
    if not summary.any():
        return held
    purpose = codes(held.spans.get_column("purpose"))
    around = nearest(held.parents, request | summary)
    inside = request & (around != NONE) & summary[around]
    for_it = ~_other_than_turn(purpose) & (summary | inside)
    return _with_purpose(held, np.where(for_it, np.int8(code("purpose", Purpose.COMPACTION.value)), purpose))


def _other_than_turn(purpose: Codes) -> Mask:
    found: Mask = (purpose != _TURN) & (purpose != NONE)
    return found


def _with_purpose(held: Held, purpose: Codes) -> Held:
    if np.array_equal(purpose, codes(held.spans.get_column("purpose"))):
        return held
    return Held(put(held.spans, worded("purpose", purpose)), held.parents, held.lane, held.lanes)
