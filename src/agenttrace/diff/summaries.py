"""What of a session a comparison looks at: one row each, small enough to be kept as a baseline."""

from __future__ import annotations

from typing import Any

import polars as pl

from agenttrace.critical_path.analysis import Analysis
from agenttrace.model.frames import plain
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Phase

VERSION = 1

_PART = pl.Struct(
    dict.fromkeys(("phase", "purpose", "tool", "agent", "model"), pl.String) | {"length_ns": pl.Int64}
)
_TURNS = pl.Struct({"turn": pl.String, "length_ns": pl.Int64})
_COUNTS = ("requests", "main_turns", "tool_calls", "subagents", "compactions", "retries", "errors")
_TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens", "context_max")

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "session": pl.String,
    "source": pl.String,
    "source_id": pl.String,
    "task_id": pl.String,
    "run_id": pl.String,
    "deployment": pl.String,
    "first_prompt_fingerprint": pl.String,
    "labels": pl.List(pl.String),
    "start_ns": pl.Int64,
    "outcome": pl.String,
    "wall_ns": pl.Int64,
    "active_ns": pl.Int64,
    **{f"path_{phase.value}_ns": pl.Int64 for phase in Phase},
    "busy_tool_ns": pl.Int64,
    "ttft_p50_ns": pl.Int64,
    "itl_p50_ns": pl.Int64,
    "tokens_per_s_p50": pl.Float64,
    **dict.fromkeys((*_COUNTS, *_TOKENS), pl.Int64),
    "parts": pl.List(_PART),
    "turns": pl.List(_TURNS),
}
"""`outcome`: succeeded, failed, or cut, where the time is only a lower bound. `labels`: each as key=value.

`parts` and `turns` divide the wall time exactly: by the names of `critical_path.tail`, and by the main agent's turns.
"""

DIVIDED = (Phase.QUEUE, Phase.PREFILL, Phase.DECODE)
"""Phases of a request that some sources do not tell apart: its time is `model` there."""
_STATED = ("session", "task_id", "run_id", "deployment", "first_prompt_fingerprint", "truncated")


def summarise_sessions(trace: Trace, analysis: Analysis) -> pl.DataFrame:
    """A row for each session that was analysed, in the order of the analysis; see COLUMNS.

    >>> import agenttrace
    >>> trace = agenttrace.read("sample_traces/claude-code/fan-out.jsonl")
    >>> agenttrace.summarise_sessions(trace, agenttrace.analyze(trace))["outcome"].to_list()
    ['succeeded']
    """
    stated = plain(trace.sessions.select(list(_STATED))).with_columns(
        labels=pl.Series(
            [_labels(of) for of in trace.sessions["labels"].to_pylist()], dtype=pl.List(pl.String)
        )
    )
    frames = (
        stated.drop("truncated"),
        _outcomes(trace),
        _listed(analysis.parts, "parts", ("phase", "purpose", "tool", "agent", "model", "length_ns")),
        _turns(analysis),
    )
    rows = analysis.sessions
    for frame in frames:
        rows = rows.join(frame, on="session", how="left", maintain_order="left")
    return rows.with_columns(_untold()).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _untold() -> list[pl.Expr]:
    """Queue, prefill and decode are not nothing where a source does not divide its requests: they are unknown."""
    divided = pl.sum_horizontal(f"busy_{phase.value}_ns" for phase in DIVIDED)
    untold = (pl.col("busy_model_ns") > 0) & (divided == 0)
    names = [f"path_{phase.value}_ns" for phase in DIVIDED]
    return [pl.when(~untold).then(name).alias(name) for name in names]


def empty() -> pl.DataFrame:
    """No sessions."""
    return pl.DataFrame(schema=COLUMNS)


def _labels(of: object) -> list[str]:
    return sorted(f"{key}={value}" for key, value in of) if isinstance(of, list) else []


def _outcomes(trace: Trace) -> pl.DataFrame:
    """By the session's own status; else that of the main agent's span, the last prompt or root, or the last request."""
    names = ["session", "span", "parent", "agent", "kind", "status", "start_ns", "end_ns"]
    spans = plain(trace.spans.select(names)).with_columns(pl.col("status", "kind").cast(pl.String))
    own = spans.filter(pl.col("span") == 0).select("session", own="status")
    main = spans.filter((pl.col("agent") == 0) & (pl.col("span") > 0))
    agents = main.filter((pl.col("parent") == 0) & (pl.col("kind") == "agent"))
    top = agents.select("session", parent="span").vstack(own.select("session", parent=pl.lit(0, pl.Int32)))
    first, last = pl.col("start_ns").min().over("session"), pl.col("end_ns").max().over("session")
    root = (pl.col("kind") == "other") & (pl.col("start_ns") <= first) & (pl.col("end_ns") >= last)
    inside = main.filter(pl.col("kind") != "agent").filter((pl.col("kind") == "interaction") | root)
    prompts = inside.join(top, on=["session", "parent"], how="semi")
    rows = plain(trace.sessions.select(["session", "truncated"]))
    said = {"agent": agents, "prompt": prompts}
    for name, of in said.items():
        rows = rows.join(_last_status(of.drop_nulls("status"), name), on="session", how="left")
    rows = rows.join(_last_status(main.filter(pl.col("kind") == "request"), "last"), on="session", how="left")
    status = pl.coalesce("own", *said, "last")
    return rows.join(own, on="session", how="left").select(
        "session",
        outcome=pl.when(status == "error")
        .then(pl.lit("failed"))
        .when(pl.col("truncated") | status.is_in(["cancelled", "unfinished"]))
        .then(pl.lit("cut"))
        .otherwise(pl.lit("succeeded")),
    )


def _last_status(spans: pl.DataFrame, name: str) -> pl.DataFrame:
    return (
        spans.sort("session", "end_ns", "span")
        .group_by("session", maintain_order=True)
        .agg(pl.col("status").last().alias(name))
    )


def _listed(frame: pl.DataFrame, name: str, columns: tuple[str, ...]) -> pl.DataFrame:
    rows = frame.select("session", pl.struct(columns).alias(name))
    return rows.group_by("session", maintain_order=True).agg(name)


def _turns(analysis: Analysis) -> pl.DataFrame:
    """The wall time by turns of the main agent; later turns in bands, for sessions differ in how many they have."""
    main = analysis.turns.filter(pl.col("agent") == 0).select(
        "session", turn=_band(pl.col("turn")), length_ns="wall_ns"
    )
    counted = main.group_by("session").agg(inside=pl.col("length_ns").sum())
    before = (
        analysis.sessions.select("session", "wall_ns")
        .join(counted, on="session", how="left")
        .select(
            "session",
            turn=pl.lit("before the first"),
            length_ns=pl.col("wall_ns") - pl.col("inside").fill_null(0),
        )
        .filter(pl.col("length_ns") != 0)
    )
    summed = pl.concat([before, main]).group_by("session", "turn").agg(pl.col("length_ns").sum())
    return _listed(summed.sort("session", "turn"), "turns", ("turn", "length_ns"))


def _band(turn: pl.Expr) -> pl.Expr:
    bands: Any = pl.when(turn <= 4).then(turn.cast(pl.String))
    for first in (5, 9, 17, 33, 65):
        last = 2 * (first - 1)
        bands = bands.when(turn <= last).then(pl.lit(f"{first}-{last}"))
    found: pl.Expr = bands.otherwise(pl.lit("129 and later"))
    return found
