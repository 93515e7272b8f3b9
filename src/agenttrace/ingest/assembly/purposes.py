"""What spans are for, where it follows from what holds them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.parents import nearest
from agenttrace.model.vocabulary import Purpose


def spread_purposes(held: Held) -> Held:
    """A compaction is for itself, and so is the request in it that is for nothing else.

    Parts of a request, and a server's views of it, are for what it is for, which is often found out late.
    """
    kind = held.spans.get_column("kind")
    held = _for_compaction(held, (kind == "compaction").to_numpy(), (kind == "request").to_numpy())
    request, part = (kind == "request").to_numpy(), (kind == "other").to_numpy()
    special = request & _other_than_turn(held)
    if not special.any() or not part.any():
        return held
    holder = nearest(held.parents, ~part)
    return _inheriting(held, part & (holder != NONE) & special[holder], holder)


def _for_compaction(held: Held, summary: NDArray[np.bool_], request: NDArray[np.bool_]) -> Held:
    if not summary.any():
        return held
    plain = ~_other_than_turn(held)
    around = nearest(held.parents, request | summary)
    inside = request & (around != NONE) & summary[around]
    word = pl.lit(Purpose.COMPACTION.value, held.spans.schema["purpose"])
    return _with_purpose(held, plain & (summary | inside), word)


def _other_than_turn(held: Held) -> NDArray[np.bool_]:
    purpose = held.spans.get_column("purpose")
    found: NDArray[np.bool_] = (purpose != Purpose.TURN.value).fill_null(value=False).to_numpy()
    return found


def _inheriting(held: Held, inherits: NDArray[np.bool_], holder: NDArray[np.int64]) -> Held:
    purpose = held.spans.get_column("purpose")
    return _with_purpose(held, inherits, pl.lit(purpose.gather(np.maximum(holder, 0))))


def _with_purpose(held: Held, rows: NDArray[np.bool_], purpose: pl.Expr) -> Held:
    if not rows.any():
        return held
    old = held.spans.get_column("purpose")
    new = pl.when(pl.Series(rows)).then(purpose).otherwise(old)
    return Held(held.spans.with_columns(purpose=new), held.parents, held.lane, held.lanes)
