"""Retries and compactions that no record marks: who started again with the same prompt, or with less."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.contexts import UNKNOWN, Contexts, Requests, infer_contexts
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.link_rows import LINK_SCHEMA, NO_LINKS
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.prefixes import place_prefixes
from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind, Purpose, Severity, Status, Trigger


def read_history(
    held: Held, frames: Frames, prompts: Prompts, ledger: Ledger, untimed: pl.Series
) -> tuple[Held, pl.DataFrame, pl.DataFrame]:
    """Purposes, attempts and status of requests with block hashes; links of retries; the placed hashes.

    Sources without block hashes mark these things themselves, or nobody can know them. In the sessions `untimed`
    no request has an end, so that one that was given up cannot be told from others.
    """
    placed = place_prefixes(held, frames.prefixes, prompts)
    if placed.is_empty():
        return held, NO_LINKS, placed
    timed = placed.filter(~pl.col("sid").is_in(untimed.implode()))
    if timed.is_empty():
        return held, NO_LINKS, placed
    rows = _request_rows(held, timed, frames)
    found = infer_contexts(_requests(rows, timed, prompts), *_tools(held))
    _report(rows, found, ledger)
    spans = _with_facts(held.spans, rows, found)
    retries = _retry_links(rows, found)
    return Held(spans, held.parents, held.lane, held.lanes), retries, placed


def _request_rows(held: Held, placed: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """The requests of sessions that have block hashes, with their place among them."""
    feeding = frames.links.filter(pl.col("kind") == LinkKind.FEEDS.value).select("sid", span_key="from_key")
    callers = pl.concat([feeding, frames.calls.filter("asked").select("sid", "span_key")]).unique()
    spans = held.spans.with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64), lane=pl.Series(held.lane)
    ).filter((pl.col("kind") == "request") & pl.col("sid").is_in(placed.get_column("sid").unique().implode()))
    return spans.join(
        callers.with_columns(calls_tools=pl.lit(value=True)),
        on=["sid", "span_key"],
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("calls_tools").fill_null(value=False))


def _requests(rows: pl.DataFrame, placed: pl.DataFrame, prompts: Prompts) -> Requests:
    with_blocks = rows.select("row").join(
        placed.select("row", "block_size", "prompt"), on="row", how="left", maintain_order="left"
    )

    def integers(name: str) -> NDArray[np.int64]:
        return rows.get_column(name).fill_null(UNKNOWN).to_numpy().astype(np.int64)

    def equals(name: str, word: str) -> NDArray[np.bool_]:
        return (rows.get_column(name) == word).fill_null(value=False).to_numpy()

    return Requests(
        session=integers("sid"),
        lane=integers("lane"),
        start_ns=integers("start_ns"),
        end_ns=integers("end_ns"),
        input_tokens=integers("input_tokens"),
        output_tokens=integers("output_tokens"),
        answered=equals("status", Status.OK),
        failed=equals("status", Status.ERROR),
        tool_result=equals("trigger", Trigger.TOOL_RESULT),
        calls_tools=rows.get_column("calls_tools").to_numpy(),
        block_size=with_blocks.get_column("block_size").fill_null(0).to_numpy().astype(np.int64),
        prompt=with_blocks.get_column("prompt").fill_null(UNKNOWN).to_list(),
        prompts=prompts,
    )


def _tools(held: Held) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tools = (held.spans.get_column("kind") == "tool").to_numpy()
    return held.lane[tools], held.spans.get_column("start_ns").to_numpy()[tools]


def _with_facts(spans: pl.DataFrame, rows: pl.DataFrame, found: Contexts) -> pl.DataFrame:
    tokens = rows.get_column("input_tokens").to_numpy()
    before, after = np.full(len(tokens), np.nan), np.full(len(tokens), np.nan)
    before[found.compactions] = tokens[found.compactions]
    after[found.compactions] = tokens[found.successors]
    words = [purpose.value for purpose in Purpose]
    facts = rows.select("row").with_columns(
        cancelled=pl.Series(found.cancelled),
        new_purpose=pl.Series(words, dtype=spans.schema["purpose"]).gather(found.purpose),
        new_attempt=pl.Series(found.attempt, dtype=pl.Int32),
        before=pl.Series(before).fill_nan(None).cast(pl.Int64),
        after=pl.Series(after).fill_nan(None).cast(pl.Int64),
    )
    joined = spans.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64)).join(
        facts, on="row", how="left", maintain_order="left"
    )
    cancelled = pl.col("cancelled").fill_null(value=False) & pl.col("status").is_null()
    marked = pl.col("purpose") != Purpose.TURN.value
    purpose = pl.when(marked | pl.col("new_purpose").is_null()).then("purpose")
    return joined.with_columns(
        status=pl.when(cancelled)
        .then(pl.lit(Status.CANCELLED.value, spans.schema["status"]))
        .otherwise("status"),
        purpose=purpose.otherwise("new_purpose"),
        attempt=pl.coalesce("attempt", "new_attempt"),
        tokens_before=pl.coalesce("tokens_before", "before"),
        tokens_after=pl.coalesce("tokens_after", "after"),
    ).select(spans.columns)


def _retry_links(rows: pl.DataFrame, found: Contexts) -> pl.DataFrame:
    retry = np.flatnonzero(found.retry_of != UNKNOWN)
    row, sid = rows.get_column("row").to_numpy(), rows.get_column("sid").to_numpy()
    return pl.DataFrame(
        {
            "sid": sid[retry],
            "from_row": row[found.retry_of[retry]],
            "at_ns": [None] * len(retry),
            "to_row": row[retry],
            "kind": [LinkKind.RETRIES.value] * len(retry),
            "explicit": [False] * len(retry),
            "rule": [rules.SAME_PROMPT.name] * len(retry),
            "confidence": [rules.SAME_PROMPT.confidence] * len(retry),
            "delay_ns": [None] * len(retry),
            "origin": [NONE] * len(retry),
        },
        schema=LINK_SCHEMA,
    )


def _report(rows: pl.DataFrame, found: Contexts, ledger: Ledger) -> None:
    retried = np.flatnonzero(found.retry_of != UNKNOWN)
    said = (
        ("compaction_inferred", "a compaction: the next prompt starts again with less", found.compactions),
        ("context_truncated", "a prompt shorter than the one before, without a summary", found.truncated),
        ("retry_inferred", "a retry: the same prompt, after a stream without an end", retried),
    )
    for code, example, which in said:
        ledger.add_rows(code, Severity.INFO, example, rows[which])
