"""One row a session: wall time, its three partitions, busy time, counts, tokens, context."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from agenttrace.critical_path.measures.chunk import EVIDENCE_WORDS, PHASE_WORDS, PURPOSE_WORDS, Chunk

_TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")


def session_totals(chunk: Chunk, busy: pl.DataFrame) -> pl.DataFrame:
    """The wide frame of sessions, in the order of the trace. Token sums are null where nothing is known.

    Waiting before a retry is no span: what of it lies on the path is busy as backoff, not as harness.
    """
    spans = chunk.spans
    sessions = spans.filter(pl.col("span") == 0).select(
        "session", wall_ns=pl.col("graph_end") - pl.col("graph_start")
    )
    owners = spans.select("row", "session")
    parts = [
        _partition(chunk.segments, "phase", "length", "path", PHASE_WORDS),
        _partition(chunk.segments, "purpose", "length", "purpose", PURPOSE_WORDS),
        _partition(chunk.segments, "evidence", "length", "evidence", EVIDENCE_WORDS),
        _partition(busy.join(owners, on="row"), "phase", "busy_ns", "busy", PHASE_WORDS),
        chunk.segments.group_by("session").agg(inferred_path_ns=pl.col("length").filter("inferred").sum()),
        _counts(chunk),
        _context(spans),
        _serving(spans),
    ]
    for part in parts:
        sessions = sessions.join(part, on="session", how="left", maintain_order="left")
    zero = [name for name in sessions.columns if name.startswith(("path_", "purpose_", "evidence_", "busy_"))]
    zero += ["inferred_path_ns", "max_parallel"]
    backoff = pl.min_horizontal("path_backoff_ns", "busy_harness_ns")
    return sessions.with_columns(pl.col(zero).fill_null(0)).with_columns(
        active_ns=pl.col("wall_ns") - pl.col("path_user_ns") - pl.col("path_suspended_ns"),
        busy_backoff_ns=backoff,
        busy_harness_ns=pl.col("busy_harness_ns") - backoff,
    )


def _partition(frame: pl.DataFrame, by: str, what: str, prefix: str, words: pl.Enum) -> pl.DataFrame:
    """Sums of `what` for each word of `by`, a column each."""
    summed = frame.group_by("session", by).agg(pl.col(what).sum())
    names: Iterable[str] = words.categories.to_list()
    return summed.group_by("session").agg(
        pl.col(what).filter(pl.col(by) == word).sum().alias(f"{prefix}_{word}_ns") for word in names
    )


def _counts(chunk: Chunk) -> pl.DataFrame:
    spans = chunk.spans
    kinds = spans.select("row", parent_kind="kind")
    known = spans.join(kinds, left_on="parent_row", right_on="row", how="left")
    request, tool = pl.col("kind") == "request", pl.col("kind") == "tool"
    main = pl.col("agent") == 0
    turn = pl.col("purpose") == "turn"
    outside = pl.col("parent_kind") != "compaction"
    compaction = (pl.col("kind") == "compaction") | (request & (pl.col("purpose") == "compaction") & outside)
    counted = known.group_by("session").agg(
        requests=request.sum(),
        main_requests=(request & main).sum(),
        main_turns=(request & main & turn).sum(),
        subagents=pl.lit(0),
        subagent_requests=(request & ~main).sum(),
        tool_calls=tool.sum(),
        compactions=compaction.sum(),
        retries=(request & (pl.col("attempt") > 1)).sum(),
        errors=((request | tool) & (pl.col("status") == "error")).sum(),
        **{name: _known_sum(pl.col(name).filter(request)) for name in _TOKENS},
    )
    subagents = chunk.agents.group_by("session").agg(subagents=(pl.col("agent") != 0).sum())
    return (
        counted.drop("subagents")
        .join(subagents, on="session", how="left")
        .join(_parallel(chunk), on="session", how="left")
        .with_columns(pl.col("subagents").fill_null(0))
    )


def _known_sum(values: pl.Expr) -> pl.Expr:
    return pl.when(values.count() > 0).then(values.sum())


def _parallel(chunk: Chunk) -> pl.DataFrame:
    """The largest number of requests and tool calls, without any of these inside, that ran at once."""
    callers = chunk.agents.select("session", span="spawning_span").drop_nulls()
    spans = chunk.spans.join(callers, on=["session", "span"], how="anti")
    holders = (
        spans.filter(pl.col("kind").is_in(["request", "tool", "agent"])).get_column("parent_row").unique()
    )
    leaves = spans.filter(
        pl.col("kind").is_in(["request", "tool"])
        & ~pl.col("row").is_in(holders.implode())
        & (pl.col("graph_end") > pl.col("graph_start"))
    )
    starts = leaves.select("session", t="graph_start", change=pl.lit(1, pl.Int64))
    ends = leaves.select("session", t="graph_end", change=pl.lit(-1, pl.Int64))
    events = pl.concat([starts, ends]).sort("session", "t", "change")
    return (
        events.with_columns(running=pl.col("change").cum_sum().over("session"))
        .group_by("session")
        .agg(max_parallel=pl.col("running").max())
    )


def _context(spans: pl.DataFrame) -> pl.DataFrame:
    main = spans.filter((pl.col("kind") == "request") & (pl.col("agent") == 0)).sort(
        "session", "start_ns", "span"
    )
    known = main.drop_nulls("input_tokens").group_by("session", maintain_order=True)
    return known.agg(
        context_first=pl.col("input_tokens").first(),
        context_max=pl.col("input_tokens").max(),
        context_last=pl.col("input_tokens").last(),
    )


def _serving(spans: pl.DataFrame) -> pl.DataFrame:
    """Medians over requests, whole nanoseconds; null where no request states them."""
    requests = spans.filter(
        (pl.col("kind") == "request") & (pl.col("status") != "cancelled").fill_null(value=True)
    )
    ttft = pl.col("first_token_ns") - pl.col("start_ns")
    itl = pl.coalesce("itl_ns", pl.col("decode_ns") // (pl.col("output_tokens") - 1).replace(0, None))
    return (
        requests.with_columns(ttft=ttft, itl=itl)
        .group_by("session")
        .agg(
            ttft_p50_ns=pl.col("ttft").median().round().cast(pl.Int64),
            itl_p50_ns=pl.col("itl").median().round().cast(pl.Int64),
        )
    )
