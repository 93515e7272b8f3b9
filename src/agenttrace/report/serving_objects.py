"""What the JSON document says of serving, of a session and of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.serving_summary import Felt, summarise_serving
from agenttrace.critical_path.summary import Quantiles

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

Row = dict[str, Any]
_PERCENTS = ("p50", "p95", "p99")
_SLOW = ("p50", "slow5", "slow1")


def serving_of_all(analysis: Analysis) -> Row:
    """`summary.serving`."""
    found = summarise_serving(analysis)
    return {
        **_felt(found.requests),
        "priorities": [{"priority": one.priority, **_felt(one)} for one in found.priorities],
        "affinity": {"pairs": found.affinity_pairs, "same_worker": found.affinity_same},
        "concurrency": {"levels": [{"running": n, "ns": ns} for n, ns in found.running_ns.items()]},
        "retries": {
            "count": found.retries,
            "failed_attempt_ns": found.failed_attempt_ns,
            "backoff_ns": found.backoff_ns,
        },
        "queues": analysis.queues.rows(named=True),
    }


def _felt(felt: Felt) -> Row:
    return {
        "ttft_ns": quantile_object(felt.ttft_ns),
        "itl_ns": quantile_object(felt.itl_ns),
        "tokens_per_s_user": asdict(felt.tokens_per_s_user),
    }


def quantile_object(of: Quantiles) -> Row:
    """Percentiles, with how many values there are and which percentiles these carry."""
    return {name: getattr(of, name) for name in ("p50", "p90", "p95", "p99", "max", "n", "enough")}


def serving_of_session(row: Mapping[str, Any], levels: Sequence[Mapping[str, Any]]) -> Row:
    """What a session's object says under `serving`, `affinity`, `concurrency` and `retries`.

    `levels`: how long how many calls ran at once.
    """
    work = sum(level["running"] * level["length_ns"] for level in levels)
    output, active = row["output_tokens"], row["active_ns"]
    return {
        "serving": {
            "ttft_ns": {**{p: row[f"ttft_{p}_ns"] for p in _PERCENTS}, "n": row["ttft_n"] or 0},
            "itl_ns": {**{p: row[f"itl_{p}_ns"] for p in _PERCENTS}, "n": row["itl_n"] or 0},
            "tokens_per_s_user": {
                **{name: _rounded(row[f"tokens_per_s_{name}"]) for name in _SLOW},
                "n": row["itl_n"] or 0,
            },
            "tokens_per_s_session": _rounded(1e9 * output / active) if output and active else None,
            "queue_depth_max": row["queue_depth_max"],
        },
        "affinity": {
            "pairs": row["affinity_pairs"] or 0,
            "same_worker": row["affinity_same"] or 0,
            "hit_rate_same": _rounded(row["hit_rate_same"]),
            "hit_rate_moved": _rounded(row["hit_rate_moved"]),
        },
        "concurrency": {
            "max": row["max_parallel"],
            "mean": _rounded(work / row["wall_ns"]) if row["wall_ns"] else None,
            "levels": [{"running": level["running"], "ns": level["length_ns"]} for level in levels],
        },
        "retries": {
            "count": row["retries"],
            "failed_attempt_ns": row["purpose_failed_attempt_ns"],
            "backoff_ns": row["path_backoff_ns"],
        },
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
