"""What sessions lack: where a source tells only half of what an agent does, the rest is of unknown phase."""

from __future__ import annotations

import polars as pl

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
    kind, own, real = pl.col("kind"), pl.col("own_phase"), pl.col("origin") != NONE
    at_work = _any_of(kind, "tool", "interaction", "user_wait") | (_any_of(kind, "agent", "session") & real)
    told = at_work | ((kind == "other") & own.is_not_null()) | pl.col("trigger").is_not_null()
    facts = held.spans.group_by("sid").agg(
        origin=pl.col("origin").filter(real).min(),
        line=pl.lit(None, pl.Int64),
        requests=(kind == "request").sum(),
        told=told.any(),
    )
    without = facts.filter(pl.col("requests") == 0)
    alone = facts.filter((pl.col("requests") > 1) & ~pl.col("told"))
    ledger.add_rows("no_model_requests", Severity.INFO, _NO_REQUESTS, without)
    ledger.add_rows("only_requests", Severity.INFO, _ONLY_REQUESTS, alone)
    lacking = [*without.get_column("sid"), *alone.get_column("sid")]
    if not lacking:
        return held
    nobodys = _any_of(kind, *_CONTAINERS) & own.is_null() & pl.col("sid").is_in(lacking)
    unknown = pl.lit(Phase.UNKNOWN.value).cast(held.spans.get_column("own_phase").dtype)
    spans = held.spans.with_columns(own_phase=pl.when(nobodys).then(unknown).otherwise("own_phase"))
    return Held(spans, held.parents, held.lane, held.lanes)


def _any_of(kind: pl.Expr, *kinds: str) -> pl.Expr:
    return pl.any_horizontal([kind == each for each in kinds])
