"""Where the numbers of the shipped platforms that are not a vendor's come from: derived again, beside what is shipped.

    python benchmarks/platform_values.py --rows ../shared/data/replay/measured.csv

`gpu`: the coefficients of every platform of GPUs, fitted to all aggregated rows, with the range over fits that leave
one hardware out; and the overhead of a request. `pilot`: of vr-nvl72-pilot, from the steps of four Rubin GPUs, as
times over what the specified peaks give. `share` is derived over shipped.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from agenttrace.replay.modelling.coefficients import READ_SHARE
from agenttrace.replay.modelling.cost import Layout, prefill_ms, prefill_terms
from agenttrace.replay.platforms.catalogue import shipped_platforms
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from measured_steps import models, read_rows, usable
from replay_accuracy import all_coefficients, request_overhead
from rubin_pilot import fit_shares, pilot_weights

_PILOT_GPUS = 4


def main() -> None:
    """Prints both, number by number."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, required=True, help="the table of measured steps")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = read_rows(options.rows)
    trained, _ = usable(rows, "agg")
    derived = {name: values[0] for name, values in all_coefficients(trained).items()}
    derived["request_overhead"] = request_overhead(trained)["median"] * 1e6
    answer = {
        "gpu": _beside(derived, _platform("h100")),
        "pilot": _beside(_pilot(rows), _platform("vr-nvl72-pilot")),
    }
    text = json.dumps(answer, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


def _platform(name: str) -> ModelledPlatform:
    return modelled_platform(parse_toml(shipped_platforms()[name], name), name)


def _beside(derived: dict[str, float], platform: ModelledPlatform) -> dict[str, dict[str, float]]:
    return {
        name: {
            "derived": float(f"{value:.4g}"),
            "shipped": platform.value(name),
            "share": round(value / platform.value(name), 4),
        }
        for name, value in derived.items()
    }


def _pilot(rows: list[dict[str, str]]) -> dict[str, float]:
    """Factors over the specified peaks, and what is left as an overhead of each layer."""
    platform, model = _platform("vr-nvl72-pilot"), models()["glm-5-2"]
    read = platform.chip.bandwidth / 1e3
    constant, weights, cache = pilot_weights(rows, "decode")
    layer = (constant - platform.value("step_overhead")) / model.layers
    return {
        "weight_factor": weights * _PILOT_GPUS * read,
        "cache_factor": cache * read,
        "layer_overhead": layer,
        **_prefill(rows, platform, constant),
    }


def _prefill(rows: list[dict[str, str]], platform: ModelledPlatform, overhead_ms: float) -> dict[str, float]:
    """What each prefill takes whatever its length, beyond a step's overheads, and times over what the peaks give."""
    model, specified, took = models()["glm-5-2"], [], []
    for row in rows:
        if row.get("mode") == "static_prefill" and row["ttft_ms"]:
            batch, reach, past = (float(row[name]) for name in ("concurrency", "isl", "past_kv"))
            once = prefill_ms(
                model, platform.chip, Layout(_PILOT_GPUS), platform.precision, (reach - past, past)
            )
            specified.append([1.0, batch * once])
            took.append(float(row["ttft_ms"]))
    constant, factor = fit_shares(np.array(specified), np.array(took)).tolist()
    return {"prefill_overhead": constant - overhead_ms - _read_ms(platform), "prefill_factor": factor}


def _read_ms(platform: ModelledPlatform) -> float:
    """What the model takes every prefill to read."""
    terms = prefill_terms(
        models()["glm-5-2"], platform.chip, Layout(_PILOT_GPUS), platform.precision, (0.0, 0.0)
    )
    return READ_SHARE * (
        platform.value("weight_factor") * terms.weights + platform.value("expert_factor") * terms.experts
    )


if __name__ == "__main__":
    main()
