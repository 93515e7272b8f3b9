"""Time of which no source says what ran in it: it is of unknown phase, not the agent program's own."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.parents import NONE
from agenttrace.model.vocabulary import Severity

_CONTAINERS = ("session", "agent", "interaction")
_NO_REQUESTS = "a session without a request of a model: its time beside the tools is of unknown phase"
_ONLY_REQUESTS = "a session of which only requests are told: what lies between them is of unknown phase"


def disown_unseen(held: Held, ledger: Ledger) -> Held:
    """Containers spend unknown time where their session shows only half of what an agent does.

    Without any request, the model's time is hidden between the tools. With nothing but requests, as a server
    sees them, the tools, the user and the program share what lies between, in unknown parts; a source that says
    what a request answers is the agent's own, and tells of all three.
    """
    kind, own, stated = pl.col("kind"), pl.col("own_phase"), pl.col("origin") != NONE
    client = (kind == "tool") | (kind == "interaction") | (_any_of(kind, "agent", "session") & stated)
    client |= (kind == "user_wait") & own.is_null()
    client |= (kind == "other") & own.is_not_null()
    client |= (kind == "request") & pl.col("trigger").is_not_null()
    first = (
        pl.struct("origin", "line")
        .sort_by("start_ns", "span_key")
        .filter(stated.sort_by("start_ns", "span_key"))
        .first()
    )
    facts = held.spans.group_by("sid", maintain_order=True).agg(
        requests=(kind == "request").sum(), client=client.any(), first=first
    )
    no_model = facts.filter((pl.col("requests") == 0) & pl.col("client"))
    no_client = facts.filter((pl.col("requests") > 1) & ~pl.col("client"))
    ledger.add_rows("no_requests", Severity.INFO, _NO_REQUESTS, no_model.unnest("first"))
    ledger.add_rows("only_requests", Severity.INFO, _ONLY_REQUESTS, no_client.unnest("first"))
    unseen = pl.concat([no_model, no_client]).get_column("sid")
    if unseen.is_empty():
        return held
    of_them = _any_of(kind, *_CONTAINERS) & own.is_null() & pl.col("sid").is_in(unseen.implode())
    phase = pl.when(of_them).then(pl.lit("unknown")).otherwise(own).cast(held.spans.schema["own_phase"])
    return Held(held.spans.with_columns(own_phase=phase), held.parents, held.lane, held.lanes)


def _any_of(kind: pl.Expr, *kinds: str) -> pl.Expr:
    return pl.any_horizontal([kind == each for each in kinds])
