"""What the parts of a request are for: the same as the request."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.parents import nearest
from agenttrace.model.vocabulary import Purpose


def spread_purposes(held: Held) -> Held:
    """Parts of a request, and a server's views of it, are for what it is for, which is often found out late."""
    kind, purpose = held.spans.get_column("kind"), held.spans.get_column("purpose")
    special = ((kind == "request") & (purpose != Purpose.TURN.value)).fill_null(value=False).to_numpy()
    part = (kind == "other").to_numpy()
    if not special.any() or not part.any():
        return held
    holder = nearest(held.parents, ~part)
    inherits = part & (holder != NONE) & special[holder]
    if not inherits.any():
        return held
    spread = pl.select(
        pl.when(pl.Series(inherits)).then(purpose.gather(np.maximum(holder, 0))).otherwise(purpose)
    ).to_series()
    return Held(held.spans.with_columns(purpose=spread), held.parents, held.lane, held.lanes)
