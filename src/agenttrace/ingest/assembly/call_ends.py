"""Agents that a call runs, and that a server is done with a little after the call."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import Mask, are, code, codes, worded
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.spawns import SPAWN_TOLERANCE_NS
from agenttrace.model.vocabulary import Evidence, Severity


def end_with_calls(held: Held, ledger: Ledger) -> Held:
    """What an agent that its parent waits for does ends with the call that runs it, where clocks have it end later.

    The call waited for it: past its end the agent's program had what it wanted, whatever its server still did.
    """
    start, end = (held.spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    waits, due = _call_ends(held)
    over = end - due[held.lane]
    late = waits[held.lane] & (over > 0) & (over <= SPAWN_TOLERANCE_NS) & (start < due[held.lane])
    if not late.any():
        return held
    ledger.add_where(
        "agent_end_clipped",
        Severity.INFO,
        "what an agent does ends up to 5 ms after the call that runs it: cut at the call's end",
        held.spans,
        late,
    )
    bounded = np.int8(code("end_evidence", Evidence.BOUNDED.value))
    spans = put(
        held.spans,
        pl.Series("end_ns", np.where(late, due[held.lane], end)),
        worded("end_evidence", np.where(late, bounded, codes(held.spans.get_column("end_evidence")))),
    )
    return Held(spans, held.parents, held.lane, held.lanes)


def _call_ends(held: Held) -> tuple[Mask, Rows]:
    """Which lanes run in a call that waits for them, and when the span ends in which each lane runs."""
    spawn = held.lanes.get_column("spawn_row").to_numpy()
    in_call = (spawn != NONE) & are(held.spans, "kind", "tool")[spawn]
    waits = in_call & ~held.lanes.get_column("background").to_numpy()
    return waits, held.spans.get_column("end_ns").to_numpy()[spawn]
