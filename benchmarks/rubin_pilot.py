"""The pilot of four Rubin GPUs: decode steps and prefills, each context predicted from the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agenttrace.replay.modelling.architecture import Architecture
from measured_steps import model_named, number_in

_DECODE, _PREFILL = "static_decode_step", "static_prefill"
_PRECISION = "fp4"
_ASKED = ("concurrency", "isl", "past_kv")
_NEAR = 0.005


def pilot_errors(rows: list[dict[str, str]]) -> dict[str, object]:
    """Mean errors of decode steps and prefills; null where the table has none."""
    found: dict[str, object] = {}
    for name, mode, time in (("decode", _DECODE, "tpot_ms"), ("prefill", _PREFILL, "ttft_ms")):
        chosen = _chosen(rows, mode, time)
        if len(chosen) < 4:
            found[name] = {"n": len(chosen), "mean_error": None, "worst_error": None}
            continue
        columns = np.array([_columns(row, model, mode) for row, model in chosen])
        measured = np.array([float(row[time]) for row, _ in chosen])
        error = _left_out(columns, measured, [row["isl"] for row, _ in chosen])
        found[name] = {
            "n": len(chosen),
            "mean_error": round(float(error.mean()), 4),
            "worst_error": round(float(error.max()), 4),
        }
    return found


def pilot_weights(rows: list[dict[str, str]], phase: str) -> list[float]:
    """What a fit to all `decode` steps, or all `prefill`s, gives: a constant in ms, then ms of bytes or tokens."""
    mode, time = {"decode": (_DECODE, "tpot_ms"), "prefill": (_PREFILL, "ttft_ms")}[phase]
    chosen = _chosen(rows, mode, time)
    columns = np.array([_columns(row, model, mode) for row, model in chosen])
    found: list[float] = fit_shares(columns, np.array([float(row[time]) for row, _ in chosen])).tolist()
    return found


def _chosen(rows: list[dict[str, str]], mode: str, time: str) -> list[tuple[dict[str, str], Architecture]]:
    """Those of a mode that tell all that is asked for, with a model that is known, and the model."""
    told = [
        row
        for row in rows
        if row["mode"] == mode and all(number_in(row[name]) is not None for name in (time, *_ASKED))
    ]
    asked = [(row, model_named(row["model"])) for row in told]
    return [(row, model) for row, model in asked if model is not None]


def _columns(row: dict[str, str], model: Architecture, mode: str) -> list[float]:
    """What time is a sum of: a constant, bytes or operations, and what grows with the context."""
    batch, reach, past = (float(row[name]) for name in _ASKED)
    if mode == _DECODE:
        experts = model.moe_layers * model.experts_touched(batch) * model.expert_bytes(_PRECISION)
        weights = model.always_bytes(_PRECISION) + model.head_bytes + experts
        return [1.0, weights, batch * model.read_per_sequence(past)]
    new = reach - past
    return [1.0, batch * new, batch * (new * past + new * new / 2)]


def _left_out(columns: np.ndarray, measured: np.ndarray, contexts: Sequence[str]) -> np.ndarray:
    """Errors, each context predicted from the others."""
    names = np.array(contexts)
    error = np.empty(len(measured))
    for name in sorted(set(contexts)):
        out = names == name
        weights = fit_shares(columns[~out], measured[~out])
        error[out] = np.abs(columns[out] @ weights / measured[out] - 1)
    return error


def fit_shares(columns: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Weights that are not negative, with small relative errors."""
    scale = np.maximum(np.abs(columns).max(axis=0), 1e-300)
    shares = columns / scale / measured[:, None]
    used = np.ones(columns.shape[1], np.bool_)
    weights = np.zeros(columns.shape[1])
    while True:
        weights[:] = 0
        importance = np.ones(len(measured))
        for _ in range(30):
            chosen = shares[:, used]
            square = chosen.T @ (chosen * importance[:, None])
            weights[used] = np.linalg.lstsq(square, chosen.T @ importance, rcond=None)[0]
            importance = 1 / np.maximum(np.abs(1 - shares @ weights), _NEAR)
        if (weights >= 0).all():
            return np.asarray(weights / scale)
        used &= weights > weights.min()
