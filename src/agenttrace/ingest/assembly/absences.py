"""What sessions lack: traces of programs that call no model have paths too, but nobody's phases."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.parents import NONE
from agenttrace.model.vocabulary import Phase, Severity, SpanKind


def note_absences(held: Held, ledger: Ledger) -> Held:
    """Says which sessions have no request. Where no span is an agent's, what lies between spans is unknown."""
    real = pl.col("origin") != NONE
    kind = pl.col("kind").cast(pl.String)
    facts = held.spans.group_by("sid").agg(
        origin=pl.col("origin").filter(real).min(),
        line=pl.lit(None, pl.Int64),
        requests=(kind == SpanKind.REQUEST.value).any(),
        of_agents=(real & (kind != SpanKind.OTHER.value)).any(),
    )
    ledger.add_rows(
        "no_model_requests",
        Severity.INFO,
        "a session without a model request: its path is over its spans, their phase mostly unknown",
        facts.filter(~pl.col("requests")),
    )
    strangers = facts.filter(~pl.col("of_agents")).get_column("sid")
    if strangers.is_empty():
        return held
    nobodys = pl.col("sid").is_in(strangers.implode()) & ~real
    unknown = pl.lit(Phase.UNKNOWN.value).cast(held.spans.schema["own_phase"])
    spans = held.spans.with_columns(own_phase=pl.when(nobodys).then(unknown).otherwise("own_phase"))
    return Held(spans, held.parents, held.lane, held.lanes)
