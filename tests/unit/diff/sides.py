"""Summaries of sessions to compare, as `summarise_sessions` makes them, with times that are drawn or given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from agenttrace.diff.summaries import COLUMNS
from agenttrace.model.vocabulary import Phase

S = 10**9
EPOCH = 1_760_000_000 * S


def session(name: str, path: Mapping[Phase, int], **changed: object) -> dict[str, Any]:
    """A session of one turn whose partitions fit together; `changed` overrides what is derived from the path."""
    wall = sum(path.values())
    idle = path.get(Phase.USER, 0) + path.get(Phase.SUSPENDED, 0)
    parts = [
        {
            "phase": phase.value,
            "purpose": "turn",
            "tool": "grep" if phase is Phase.TOOL else None,
            "agent": "main",
            "model": "tiny" if phase is Phase.DECODE else None,
            "length_ns": ns,
        }
        for phase, ns in path.items()
    ]
    row: dict[str, Any] = {
        "session": name,
        "source": "traces/run.jsonl",
        "source_id": name,
        "task_id": name.rpartition("-")[2],
        "run_id": "1",
        "labels": [],
        "start_ns": EPOCH,
        "outcome": "succeeded",
        "wall_ns": wall,
        "active_ns": wall - idle,
        **{f"path_{phase.value}_ns": path.get(phase, 0) for phase in Phase},
        "busy_tool_ns": path.get(Phase.TOOL, 0),
        "ttft_p50_ns": S // 10,
        "itl_p50_ns": S // 100,
        "tokens_per_s_p50": 100.0,
        **dict.fromkeys(("requests", "main_turns"), 4),
        **dict.fromkeys(("tool_calls", "subagents", "compactions", "retries", "errors"), 0),
        "tool_calls": 3,
        "input_tokens": 20_000,
        "cache_read_tokens": 15_000,
        "output_tokens": 1_000,
        "context_max": 6_000,
        "parts": parts,
        "turns": [{"turn": "1", "length_ns": wall}],
    }
    return row | changed


def side(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Sessions as a frame; what a row leaves out is null."""
    return pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=COLUMNS)


def drawn(
    prefix: str, tasks: int, *, seed: int, slower: float = 1.0, **changed: object
) -> list[dict[str, Any]]:
    """Sessions of the same tasks whatever the seed, which draws what else differs; `slower` scales what is served."""
    own = np.random.default_rng(0).normal(0, 0.7, tasks)
    apart = np.random.default_rng(seed).normal(0, 0.1, tasks)
    rows = []
    for task, scale in enumerate(np.exp(own + apart)):
        served = round(20 * S * scale * slower)
        path = {
            Phase.QUEUE: served // 4,
            Phase.DECODE: served - served // 4,
            Phase.TOOL: round(10 * S * scale),
            Phase.HARNESS: S // 10,
        }
        rows.append(session(f"{prefix}-{task:03}", path, start_ns=EPOCH + task, **changed))
    return rows
