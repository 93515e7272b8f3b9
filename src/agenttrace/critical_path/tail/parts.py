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
    of_tools = (pl.col("kind") == "tool") | (pl.col("phase") == "tool")
    segments = chunk.segments.select("row", "phase", "purpose", "length")
    facts = chunk.spans.select("session", "agent", "kind", "name", "model")[segments.get_column("row")]
    kinds = chunk.agents.select("session", "agent", label="kind_of")
    main = pl.col("agent") == 0
    named = (
        pl.concat([segments, facts], how="horizontal")
        .select(
            *("session", "phase", "purpose", "agent"),
            tool=pl.when(of_tools).then("name"),
            model=pl.when(pl.col("kind") == "request").then("model"),
            length_ns="length",
        )
        .group_by("session", *DIMENSIONS)
        .agg(pl.col("length_ns").sum())
        .join(kinds, on=["session", "agent"], how="left")
        .select(
            "session",
            pl.col("phase", "purpose", "tool").cast(pl.String),
            pl.when(main).then(pl.lit(MAIN)).otherwise(pl.col("label").fill_null("subagent")).alias("agent"),
            pl.col("model").cast(pl.String),
            "length_ns",
        )
    )
    return (
        named.group_by("session", *DIMENSIONS)
        .agg(pl.col("length_ns").sum())
        .sort("session", *DIMENSIONS, nulls_last=True)
    )
