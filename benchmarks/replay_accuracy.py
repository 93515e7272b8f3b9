"""How far predicted inter-token latencies are from measured ones, on hardware that the fit has not seen.

python benchmarks/replay_accuracy.py --rows measured.csv            what the table gives, each hardware left out in turn
python benchmarks/replay_accuracy.py --rows other.csv --train measured.csv

A hardware that is in the rows is left out of the fit that predicts it, models and software are not. Without `--train`
the fit is to the rows themselves and to the table of ../shared/data (or AGENTTRACE_SHARED_DATA), where that is; a
hardware for which fewer than 50 rows are left is predicted by the shipped platforms' coefficients, `fitted_to` is 0,
and `basis` says so. Rows of another population than `--mode` are not looked at, and rows that cannot be predicted are
counted with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agenttrace.replay.modelling.coefficients import (
    NAMES,
    START,
    Samples,
    fit,
    predict,
    prefill_took,
    samples,
)
from agenttrace.replay.modelling.correction import learn
from children import ROOT
from first_tokens import learn_first_tokens, overhead_ms
from measured_steps import (
    Measured,
    chips,
    read_rows,
    shipped_coefficients,
    shipped_overhead_ms,
    terms_of,
    usable,
)
from rubin_pilot import pilot_errors

_QUICK = 400
_LEAST_ROWS = 50
_FITTED = "fitted without this hardware"
_SHIPPED = (
    "coefficients of the shipped platforms: too few rows of other hardware; this one is not left out of them"
)


def main() -> None:
    """Prints the errors by hardware."""
    options = _options()
    rows, excluded = usable(read_rows(options.rows), options.mode)
    trained = _trained(options)
    if options.quick and len(trained) > _QUICK:
        chosen = np.random.default_rng(options.seed).permutation(len(trained))[: options.size or _QUICK]
        trained = [trained[place] for place in sorted(chosen)]
    hardware = sorted({row.hardware for row in rows} | set(excluded))
    answer = {
        "by_hardware": {
            name: _of_hardware(name, rows, trained, excluded.get(name, Counter())) for name in hardware
        },
        "request_overhead_ms": request_overhead(trained),
        "rubin_pilot": pilot_errors(read_rows(options.pilot or options.rows)),
    }
    if options.coefficients:
        options.coefficients.write_text(
            json.dumps(all_coefficients(trained), indent=2) + "\n", encoding="utf-8"
        )
    text = json.dumps(answer, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, required=True, help="the table to predict")
    parser.add_argument("--train", type=Path, help="the table to fit to, the same if left out")
    parser.add_argument("--pilot", type=Path, help="the table with the Rubin pilot, the same if left out")
    parser.add_argument("--mode", default="agg", help="which rows")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--coefficients", type=Path, help="write what the fit to all rows gives, with intervals"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, help="rows to fit to with --quick")
    parser.add_argument("--quick", action="store_true", help="fit to a part of the rows")
    return parser.parse_args()


def _trained(options: argparse.Namespace) -> list[Measured]:
    """Rows to fit to."""
    if options.train:
        return usable(read_rows(options.train), options.mode)[0]
    found = read_rows(options.rows)
    shared = Path(os.environ.get("AGENTTRACE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    table = shared / "replay" / "measured.csv"
    if table.is_file() and table.resolve() != options.rows.resolve():
        found += read_rows(table)
    once = {tuple(sorted(row.items())): row for row in found}
    return usable(list(once.values()), options.mode)[0]


def _is_wide(row: Measured) -> bool:
    """GPUs of a rack that each hold the attention: predicted, but not fitted to, for pools may be mixed in them."""
    return row.tensor == 1 and row.data > 8


def _of_hardware(
    name: str, rows: Sequence[Measured], trained: Sequence[Measured], excluded: Counter[str]
) -> dict[str, object]:
    asked = [row for row in rows if row.hardware == name]
    found: dict[str, object] = {
        "n": len(asked) + sum(excluded.values()),
        "predicted": len(asked),
        "excluded": dict(sorted(excluded.items())),
    }
    if not asked:
        return {**found, "itl_median_error": None, "itl_mape": None, "ttft_median_error": None}
    known = [row for row in trained if row.hardware != name and not _is_wide(row)]
    if len(known) < _LEAST_ROWS:
        known = []
    itl, ttft = _predictions(asked, known) if known else _as_shipped(asked)
    error = np.abs(itl / np.array([row.itl_ms for row in asked]) - 1)
    told = np.array([row.ttft_ms is not None for row in asked])
    waited = np.array([row.ttft_ms or np.nan for row in asked])
    first = np.abs(ttft / waited - 1)[told]
    return {
        **found,
        "fitted_to": len(known),
        "basis": _FITTED if known else _SHIPPED,
        "itl_median_error": round(float(np.median(error)), 4),
        "itl_mape": round(float(error.mean()), 4),
        "ttft_median_error": round(float(np.median(first)), 4) if len(first) else None,
    }


def _predictions(asked: Sequence[Measured], known: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Times between tokens and to the first token, ms."""
    chip = chips()
    terms, waited, own = terms_of(list(known), chip)
    measured = np.array([row.itl_ms for row in known])
    fitted = samples(terms, waited)
    coefficients = fit(fitted, measured)
    plain = predict(coefficients, fitted)
    correction = learn([row.circumstances for row in known], measured / plain)
    steps = plain * correction.factors([row.circumstances for row in known])
    law = learn_first_tokens(known, prefill_took(START, own), steps)
    wanted, wait, prefill = terms_of(list(asked), chip)
    of = samples(wanted, wait)
    itl = predict(coefficients, of) * correction.factors([row.circumstances for row in asked])
    return itl, law.predict(asked, prefill_took(START, prefill), itl)


def _as_shipped(asked: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """By the coefficients that the platforms are shipped with: no hardware is left out of these."""
    chip = chips()
    terms, waited, own = terms_of(list(asked), chip)
    shipped = shipped_coefficients()
    itl = predict(shipped, samples(terms, waited))
    return itl, prefill_took(shipped, own) + itl + shipped_overhead_ms()


def request_overhead(rows: Sequence[Measured]) -> dict[str, float]:
    """What the platforms' request overhead is: see first_tokens.py."""
    known = [row for row in rows if not _is_wide(row)]
    if len(known) < _LEAST_ROWS:
        return {"n": 0}
    terms, waited, own = terms_of(known, chips())
    fitted = samples(terms, waited)
    coefficients = fit(fitted, np.array([row.itl_ms for row in known]))
    return overhead_ms(known, prefill_took(coefficients, own) + predict(coefficients, fitted))


def all_coefficients(rows: Sequence[Measured]) -> dict[str, list[float]]:
    """Of each coefficient the fit to all rows, and the range of the fits with a hardware left out."""
    rows = [row for row in rows if not _is_wide(row)]
    chip = chips()
    terms, waited, _ = terms_of(list(rows), chip)
    whole, measured = samples(terms, waited), np.array([row.itl_ms for row in rows])
    hardware = np.array([row.hardware for row in rows])
    left_out = [_fit(whole, measured, hardware != name) for name in sorted(set(hardware.tolist()))]
    fitted, others = fit(whole, measured), np.array(left_out)
    return {
        name: [
            float(f"{value:.4g}") for value in (fitted[place], others[:, place].min(), others[:, place].max())
        ]
        for place, name in enumerate(NAMES)
    }


def _fit(whole: Samples, measured: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return fit(whole.take(rows), measured[rows])


if __name__ == "__main__":
    main()
