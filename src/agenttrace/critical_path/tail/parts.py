"""The path of each session in named parts: by phase and purpose, and by tool, agent and model."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.chunk import Chunk

DIMENSIONS = ("phase", "purpose", "tool", "agent", "model")
MAIN = "main"


def session_parts(chunk: Chunk) -> pl.DataFrame:
    """Session, a column for each of DIMENSIONS, and `length_ns`; a session's rows sum to its wall time.

    `tool` is the name of the tool whose own time it is, or of what else is in the phase of tools; `model` the model of
    the request; both are null elsewhere. `agent` is `main`, or the subagent's type, or its name where it has no type.
    """
    of_tools = (pl.col("kind") == "tool") | (pl.col("phase").cast(pl.String) == "tool")
    facts = chunk.spans.select("row", "session", "agent", "kind", "name", "model")
    kinds = chunk.agents.select("session", "agent", label="kind_of")
    own = chunk.segments.select("row", "phase", "purpose", "length").join(facts, on="row", how="left")
    named = own.join(kinds, on=["session", "agent"], how="left")
    main = pl.col("agent") == 0
    return (
        named.select(
            "session",
            pl.col("phase", "purpose").cast(pl.String),
            pl.when(of_tools).then(pl.col("name").cast(pl.String)).alias("tool"),
            pl.when(main).then(pl.lit(MAIN)).otherwise(pl.col("label").fill_null("subagent")).alias("agent"),
            pl.when(pl.col("kind") == "request").then(pl.col("model").cast(pl.String)).alias("model"),
            length_ns="length",
        )
        .group_by("session", *DIMENSIONS)
        .agg(pl.col("length_ns").sum())
        .sort("session", *DIMENSIONS, nulls_last=True)
    )
