"""Links that call ids tell: which request asked for a tool call, and which one was waiting for its result."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.link_rows import LINK_SCHEMA
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.model.vocabulary import LinkKind

_ASKED, _ANSWERED = "tool call id of the answer", "tool call id of the prompt"


def call_links(held: Held, calls: pl.DataFrame) -> pl.DataFrame:
    """From the request that asked to the call, and from the call to the first request that had its result.

    Some programs number the calls of each answer anew: of the requests that name the id of a call, the last one that
    began before it asked for it, and that is the innermost view of that request; the first that began after its end
    had its result.
    """
    told = _told(held, calls)
    asked = told.filter(pl.col("asked") & (pl.col("start_ns") <= pl.col("tool_start") + TOLERANCE_NS))
    answered = told.filter(~pl.col("asked") & (pl.col("start_ns") >= pl.col("tool_end") - TOLERANCE_NS))
    last = asked.sort("start_ns", "span_key", descending=True).unique(
        "tool", keep="first", maintain_order=True
    )
    first = answered.sort("start_ns", "span_key").unique("tool", keep="first", maintain_order=True)
    return pl.concat(
        [
            _links(last, from_row="row", to_row="tool", rule=_ASKED),
            _links(first, from_row="tool", to_row="row", rule=_ANSWERED),
        ]
    )


def _told(held: Held, calls: pl.DataFrame) -> pl.DataFrame:
    """Each call with every request that names it."""
    spans = held.spans.select(
        "sid", "span_key", "call_id", "kind", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    tools = spans.filter((pl.col("kind") == "tool") & pl.col("call_id").is_not_null()).select(
        "sid", "call_id", tool="row", tool_start="start_ns", tool_end="end_ns"
    )
    requests = spans.select("sid", "span_key", "start_ns", "row")
    return calls.join(requests, on=["sid", "span_key"]).join(tools, on=["sid", "call_id"])


def _links(pairs: pl.DataFrame, *, from_row: str, to_row: str, rule: str) -> pl.DataFrame:
    return pairs.select(
        "sid",
        pl.col(from_row).alias("from_row"),
        pl.lit(None, pl.Int64).alias("at_ns"),
        pl.col(to_row).alias("to_row"),
        pl.lit(LinkKind.FEEDS.value).alias("kind"),
        pl.lit(value=True).alias("explicit"),
        pl.lit(rule).alias("rule"),
        pl.lit(None, pl.Float64).alias("confidence"),
        pl.lit(None, pl.Int64).alias("delay_ns"),
        pl.lit(NONE, pl.Int32).alias("origin"),
    ).cast(LINK_SCHEMA)  # type: ignore[arg-type]
