"""What sessions lack: where a source tells only half of what an agent does, the rest is of unknown phase."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import are, code, codes, extents, worded
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.model.vocabulary import Phase, Severity

_CONTAINERS = ("session", "agent", "interaction")
_NO_REQUESTS = "a session without a model request: its path is over its spans, their phase mostly unknown"
_ONLY_REQUESTS = "a session of which only requests are told: what lies between them is of unknown phase"


def note_absences(held: Held, ledger: Ledger) -> Held:
    """Says which sessions have no request, and which nothing else; what they do not tell is no harness time.

    Without requests, the model's time is hidden between the tools. With nothing but requests, as a server sees
    them, tools, user and program share what lies between. A source that says what a request answers is the
    agent's own, and tells of all three.
    """
    spans = held.spans
    sid, origin = (spans.get_column(name).to_numpy() for name in ("sid", "origin"))
    phase, trigger = (codes(spans.get_column(name)) for name in ("own_phase", "trigger"))
    count = int(sid.max()) + 1
    at_work = are(spans, "kind", "tool", "interaction", "user_wait")
    at_work |= are(spans, "kind", "agent", "session") & (origin != NONE)
    told = at_work | (are(spans, "kind", "other") & (phase != NONE)) | (trigger != NONE)
    requests = np.bincount(sid[are(spans, "kind", "request")], minlength=count)
    without = (np.bincount(sid, minlength=count) > 0) & (requests == 0)
    alone = (requests > 1) & (np.bincount(sid[told], minlength=count) == 0)
    lacking = without | alone
    if not lacking.any():
        return held
    first = extents(sid, origin, origin, origin != NONE, count)[0]
    sessions = pl.DataFrame({"origin": np.where(without | alone, first, NONE).astype(np.int32)})
    sessions = sessions.with_columns(line=pl.lit(None, pl.Int64))
    ledger.add_where("no_model_requests", Severity.INFO, _NO_REQUESTS, sessions, without)
    ledger.add_where("only_requests", Severity.INFO, _ONLY_REQUESTS, sessions, alone)
    nobodys = are(spans, "kind", *_CONTAINERS) & (phase == NONE) & lacking[sid]
    unknown = np.where(nobodys, np.int8(code("own_phase", Phase.UNKNOWN.value)), phase)
    return Held(put(spans, worded("own_phase", unknown)), held.parents, held.lane, held.lanes)
