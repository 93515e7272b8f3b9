"""The document of `diff --json`, as the contracts promise it. The same comparison gives the same bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.result import Comparison
from agenttrace.diff.statistics.intervals import LEVEL
from agenttrace.diff.verdicts import Answer

JSON_VERSION = 1
MOST_SHARES = 1000


def to_json(of: Comparison) -> bytes:
    """Indented, with a final newline; null is what is not known."""
    return orjson.dumps(document(of), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def document(of: Comparison) -> dict[str, Any]:
    """The document as plain values, in the order of the contract."""
    shares = [asdict(one) for one in of.blame.shares]
    return {
        "schema_version": JSON_VERSION,
        "command": "diff",
        "verdict": of.verdict.value,
        "cause": of.cause.value,
        "n": _numbers(of),
        "paired_by": of.pairing.paired_by,
        "seed": of.policy.seed,
        "methods": _methods(of),
        "gates": [_gate(one) for one in of.answers],
        "budgets": [
            {
                "metric": one.metric,
                "stat": one.budget.stat.value,
                "value": one.value,
                "max": one.budget.most,
                "min": one.budget.least,
                "kept": one.kept,
                "reason": one.reason,
                "level": one.budget.level.value,
            }
            for one in of.budgets
        ],
        "attribution_ns": dict(of.blame.phases),
        "attribution": shares[:MOST_SHARES],
        "attribution_total": len(shares),
        "wall_ns": {
            "baseline": of.blame.base_ns,
            "candidate": of.blame.candidate_ns,
            "change": of.blame.change_ns,
        },
        "workload": _workload(of),
        "movers": [asdict(one) for one in of.movers],
        "metrics": [_metric(row) for row in of.metrics],
        "findings": [
            {"code": one.code, "severity": one.severity.value, "count": one.count, "example": one.example}
            for one in of.findings
        ],
    }


def _numbers(of: Comparison) -> dict[str, int]:
    return {
        "baseline": of.sessions[0],
        "candidate": of.sessions[1],
        "pairs": of.pairing.pairs,
        "unmatched": sum(of.pairing.unmatched),
        "unmatched_baseline": of.pairing.unmatched[0],
        "unmatched_candidate": of.pairing.unmatched[1],
        "failed_baseline": of.failed[0],
        "failed_candidate": of.failed[1],
    }


def _methods(of: Comparison) -> dict[str, Any]:
    return {
        "interval": LEVEL,
        "alpha": of.policy.alpha,
        "adjusted": "holm",
        "quantiles": "harrell-davis",
        "run_drift": {"sd": of.spread.sd, "origin": of.spread.origin.value},
        "runs": {"baseline": of.runs[0], "candidate": of.runs[1]},
    }


def _gate(one: Answer) -> dict[str, Any]:
    """`ci_*` hold sampling and measured runs; `bound_*`, which the verdict goes by, what is assumed of runs too."""
    low, high = one.ci or (None, None)
    bound_low, bound_high = one.bound or (None, None)
    relative = BY_NAME[one.gate.metric].relative
    return {
        "metric": one.gate.metric,
        "stat": one.gate.stat.value,
        "unit": BY_NAME[one.gate.metric].unit.value,
        "baseline": one.baseline,
        "candidate": one.candidate,
        "ratio": one.change if relative else _ratio(one),
        "difference": one.difference if relative else one.change,
        "ci_low": low,
        "ci_high": high,
        "ci_of": "ratio" if relative else "difference",
        "bound_low": bound_low,
        "bound_high": bound_high,
        "p": one.p,
        "p_adjusted": one.p_adjusted,
        "detectable": one.smallest,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "waived": one.waived,
        "level": one.gate.level.value,
        "n": {"baseline": one.n[0], "candidate": one.n[1]},
    }


def _ratio(one: Answer) -> float | None:
    return one.candidate / one.baseline if one.baseline and one.candidate is not None else None


def _workload(of: Comparison) -> dict[str, Any]:
    work = {
        one.name: {
            "baseline": one.baseline,
            "candidate": one.candidate,
            "ratio": one.ratio,
            "changed": one.changed,
        }
        for one in of.workload.work
    }
    low, high = of.workload.ci or (None, None)
    adjusted = {"ratio": of.workload.ratio, "ci_low": low, "ci_high": high, "expected": of.workload.expected}
    return {**work, "adjusted": adjusted}


def _metric(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a Compared
    told = asdict(row)
    low, high = told.pop("ci")
    return {**told, "stat": row.stat.value, "ci_low": low, "ci_high": high}
