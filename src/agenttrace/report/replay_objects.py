"""A replay for programs: the document of `replay --json`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from agenttrace.critical_path.summary import quantiles
from agenttrace.replay.percentiles import PERCENTS, is_enough, percentiles
from agenttrace.replay.wide import wide_for
from agenttrace.report.replay_headline import first_token_remark, remarks

if TYPE_CHECKING:
    from agenttrace.replay.percentiles import Estimate
    from agenttrace.replay.replaying import Answer, Replayed
    from agenttrace.replay.targets import Assumption, Target, VendorSaid

JSON_VERSION = 1
Row = dict[str, Any]


def replay_json(replayed: Replayed, findings: Sequence[Row]) -> Iterator[bytes]:
    """The whole document, indented."""
    yield orjson.dumps(
        replay_document(replayed, findings), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def replay_document(replayed: Replayed, findings: Sequence[Row]) -> Row:
    """The document as plain values, in the order of the contract."""
    count = replayed.sessions
    return {
        "schema_version": JSON_VERSION,
        "command": "replay",
        "recorded": {"wall_ns": {**_percentiles(replayed.recorded), "n": len(replayed.recorded)}},
        "identity": {
            "recorded_durations_max_error_ns": replayed.identity_error_ns,
            "self": None
            if replayed.self_ratio is None
            else dict(zip(("p50", "p95"), map(_number, replayed.self_ratio), strict=True)),
        },
        "baseline": {
            "platform": replayed.baseline_name,
            "replicas": replayed.baseline.build({}).replicas if replayed.baseline else None,
            "wall_ns": _estimates(replayed.baseline_wall, count, whole=True),
        },
        "policies": _policies(replayed),
        "projections": [
            *(_projection(replayed, answer) for answer in replayed.answers),
            *(_unfit(replayed, target) for target in replayed.unfit),
        ],
        "findings": list(findings),
    }


def _policies(replayed: Replayed) -> Row:
    """Of the platforms, and of agents on them."""
    policies, habits = replayed.policies, replayed.habits
    return {
        "routing": policies.routing.value,
        "keep_ns": policies.keep_ns,
        "release": "final" if policies.release else "never",
        "offload": policies.offload,
        "fanout": habits.fanout,
        "compact_tokens": habits.compact,
        "priority": "main" if habits.main_first else "same",
    }


def _projection(replayed: Replayed, answer: Answer) -> Row:
    target, count = answer.projected.target, replayed.sessions
    requests = answer.requests
    return {
        **_named(target),
        "load": replayed.load.value,
        "replicas": target.build({}).replicas,
        **_takes(target),
        **_played(replayed),
        "wall_ns": _estimates(answer.projected.wall, count, whole=True),
        "wall_without_jitter_ns": _percentiles(answer.projected.without_jitter.wall),
        "gain": _estimates(answer.projected.gain, count, whole=False),
        "wide_for": _wide(answer),
        "turn_ns": {**_estimates(answer.turn, len(requests.turn), whole=True), "n": len(requests.turn)},
        "phases_ns": _phases(replayed, answer),
        "requests": {
            "ttft_ns": _percentiles(requests.ttft),
            "itl_ns": _percentiles(requests.itl),
            "tokens_per_s_user": _percentiles(1e9 / np.maximum(requests.itl, 1), low=True),
        },
        "extrapolated": _extrapolated(answer),
        "cost": _cost(answer),
        "fits": target.fits,
        "racks": _racks(target),
        "bottleneck": answer.bottleneck,
        "sensitivity": _sensitivity(answer),
        "advice": [
            {"lever": row.lever, "change": row.change, "gain": _number(row.gain), "evidence": row.evidence}
            for row in answer.advice
        ],
        **_stated(target),
        "notes": [*target.notes, *remarks(answer), *filter(None, [first_token_remark(answer)])],
    }


def _unfit(replayed: Replayed, target: Target) -> Row:
    """A platform that the model does not fit: the keys of the others, null where nothing was projected, and why."""
    return {
        **_named(target),
        "load": replayed.load.value,
        **dict.fromkeys(("replicas", "gpus", "gpu_racks", "lpu_racks")),
        **_played(replayed),
        **dict.fromkeys(("wall_ns", "wall_without_jitter_ns", "gain", "wide_for", "turn_ns", "phases_ns")),
        **dict.fromkeys(("requests", "extrapolated", "cost")),
        "fits": False,
        "racks": _racks(target),
        **dict.fromkeys(("bottleneck", "sensitivity", "advice")),
        **_stated(target),
        "notes": list(target.notes),
    }


def _named(target: Target) -> Row:
    return {"platform": target.platform, "model": target.model, "split": target.split}


def _played(replayed: Replayed) -> Row:
    """What percentiles are over."""
    count = replayed.sessions
    return {
        "lanes": replayed.lanes or None,
        "over": "sessions" if count > 1 else "draws",
        "n": count if count > 1 else replayed.draws,
        "draws": replayed.draws,
    }


def _stated(target: Target) -> Row:
    return {
        "assumptions": [_assumption(assumption) for assumption in target.assumptions],
        "claims": [_claim(claim) for claim in target.claims],
    }


def _takes(target: Target) -> Row:
    """Hardware of all replicas."""
    takes = target.takes_in_all
    if takes is None:
        return {"gpus": None, "gpu_racks": None, "lpu_racks": None}
    return {"gpus": round(takes.gpus), "gpu_racks": takes.gpu_racks, "lpu_racks": takes.lpu_racks}


def _racks(target: Target) -> float | None:
    """Of one replica: of the latency engine; of GPUs where that has no part."""
    return (target.takes.lpu_racks or target.takes.gpu_racks) if target.takes else None


def _wide(answer: Answer) -> Row | None:
    wide = wide_for(answer)
    if wide is None:
        return None
    return {"cause": wide.cause, "parameter": wide.most.parameter if wide.most else None}


def _extrapolated(answer: Answer) -> list[Row]:
    return [
        {
            "condition": one.condition,
            "observed": [one.low, one.high],
            "reached": _number(one.reached),
            "share": _number(one.share),
        }
        for one in answer.projected.left
    ]


def _cost(answer: Answer) -> Row | None:
    if answer.cost is None:
        return None
    return {"price_per_session": answer.cost.price, "energy_kwh_per_session": answer.cost.energy_kwh}


def _phases(replayed: Replayed, answer: Answer) -> Row:
    before = replayed.baseline_phases
    return {
        phase: {"baseline": before.get(phase, 0), "projected": value}
        for phase, value in answer.phases.items()
        if value or before.get(phase)
    }


def _sensitivity(answer: Answer) -> list[Row]:
    return [
        {
            "parameter": row.parameter,
            "low": row.low,
            "high": row.high,
            "gain_low": _number(row.gain_low),
            "gain_high": _number(row.gain_high),
        }
        for row in answer.projected.sensitivity
    ]


def _assumption(assumption: Assumption) -> Row:
    number = assumption.number
    return {
        "parameter": assumption.name,
        "value": number.value,
        "unit": number.unit,
        "claim": number.claim.value,
        "source": number.source,
        "low": number.low,
        "high": number.high,
    }


def _claim(claim: VendorSaid) -> Row:
    return {
        "what": claim.what,
        "vendor": claim.value,
        "unit": claim.unit,
        "modelled": None if claim.modelled is None else _number(claim.modelled),
        "source": claim.source,
    }


def _estimates(estimates: Sequence[Estimate], count: int, *, whole: bool) -> Row:
    shaped: Row = {}
    for percent, one in zip(PERCENTS, estimates, strict=True):
        shaped[f"p{percent}"] = {
            "value": _number(one.value, whole=whole),
            "low": _number(one.low, whole=whole),
            "high": _number(one.high, whole=whole),
            "enough": is_enough(percent, count),
            "by": {name: _number(value, whole=whole) for name, value in one.by.items()},
        }
    return shaped


def _number(value: float, *, whole: bool = False) -> float | int | None:
    if not math.isfinite(value):
        return None
    return round(value) if whole else round(value, 6)


def _percentiles(values: np.ndarray, *, low: bool = False) -> Row:
    """`low`: of a speed, of which the slow end is told: p95 is what 95 of 100 exceed."""
    if low:
        found = -percentiles(-values)
        return {f"p{percent}": _number(float(value)) for percent, value in zip(PERCENTS, found, strict=True)}
    if values.dtype == np.int64 and not len(values):
        return dict.fromkeys(("p50", "p95", "p99"))
    if values.dtype == np.int64:
        told = quantiles(values.tolist())
        return {"p50": told.p50, "p95": told.p95, "p99": told.p99}
    return {f"p{p}": _number(float(v)) for p, v in zip(PERCENTS, percentiles(values), strict=True)}
