"""Times to first token of loaded servers, simulated as `replay` does it, beside measured ones.

    python benchmarks/loaded_servers.py --rows measured.csv
    python benchmarks/loaded_servers.py --rows measured.csv --quick --json loaded.json

Of rows of the table that `replay_accuracy.py` takes, with at most 64 requests at once: so many clients ask one replica
of the shipped platform, each eight times, one request after the other. Lengths are drawn from 80 to 100 % of those
that the table states, as load generators do, or else all clients would stay in step. The mean time to first token is
compared. Nothing is left out of what the platforms were fitted to; their request overhead is a median over software.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.platforms.catalogue import shipped_platforms
from agenttrace.replay.platforms.modelled import modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.playing import set_stage
from agenttrace.replay.policies import Policies
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload, read_workload
from measured_steps import PLATFORMS, Measured, read_rows, usable

_MOST_AT_ONCE = 64
_ASKED = 8
_LEAST_LENGTH = 0.8
_ROWS, _QUICK_ROWS = 200, 40
_START_NS, _APART_NS = 1_767_225_600_000_000_000, 10_000_000_000


def main() -> None:
    """Prints the errors, by software and by requests at once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--size", type=int, help=f"rows that are simulated, {_ROWS} if left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    random = np.random.default_rng([options.seed, 13])
    rows = [row for row in usable(read_rows(options.rows), "agg")[0] if _is_one_replica(row)]
    size = options.size or (_QUICK_ROWS if options.quick else _ROWS)
    chosen = [rows[place] for place in random.permutation(len(rows))[:size]]
    found = [(row, time) for row in chosen if (time := simulated_ms(row, random)) is not None]
    answer = {
        "all": _errors(found),
        "by_backend": {
            name: _errors([one for one in found if one[0].backend == name])
            for name in sorted({row.backend for row, _ in found})
        },
        "by_concurrency": {
            f"{low} to {high}": _errors([one for one in found if low <= one[0].concurrency <= high])
            for low, high in ((1, 4), (5, 16), (17, _MOST_AT_ONCE))
        },
    }
    text = json.dumps(answer, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


def _is_one_replica(row: Measured) -> bool:
    single = row.data == 1 and "nvl" not in PLATFORMS[row.hardware]
    return single and row.ttft_ms is not None and row.concurrency <= _MOST_AT_ONCE


def simulated_ms(row: Measured, random: np.random.Generator) -> float | None:
    """The mean time to first token on the shipped platform; None where the model does not fit it."""
    target = _target(row)
    if not target.fits:
        return None
    clients = max(1, round(row.concurrency))
    outcome = set_stage(_asked(row, clients, random), Load.CLOSED, clients).play(target.build({}))
    return float((outcome.first - outcome.sent).mean()) / 1e6


def _target(row: Measured) -> Target:
    name = PLATFORMS[row.hardware]
    platform = replace(
        modelled_platform(parse_toml(shipped_platforms()[name], name), name), precision=row.precision
    )
    return modelled_target(platform, row.model, Policies(numbers={"gpus_per_replica": float(row.tensor)}), 1)


def _asked(row: Measured, clients: int, random: np.random.Generator) -> Workload:
    """A session for each client. The times in it are not used but for their order."""
    with tempfile.TemporaryDirectory(prefix="agenttrace-loaded-") as folder:
        file = Path(folder) / "asked.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for client in range(clients):
                for place in range(_ASKED):
                    start = _START_NS + place * _APART_NS
                    share = random.uniform(_LEAST_LENGTH, 1.0, 2)
                    request = {
                        "session": f"client-{client}",
                        "span": place + 1,
                        "kind": "request",
                        "start": start,
                        "end": start + _APART_NS,
                        "input_tokens": max(1, round(row.input_tokens * share[0])),
                        "output_tokens": max(2, round(row.output_tokens * share[1])),
                        "cache_read_tokens": 0,
                    }
                    out.write(json.dumps(request) + "\n")
        return read_workload(read(file))


def _errors(found: Sequence[tuple[Measured, float]]) -> dict[str, float | int | None]:
    """`median_error`: half are missed by less. `median_bias`: by how much half are above."""
    if not found:
        return {"n": 0, "median_error": None, "median_bias": None}
    off = np.array([time / (row.ttft_ms or np.nan) - 1 for row, time in found])
    return {
        "n": len(found),
        "median_error": round(float(np.median(np.abs(off))), 4),
        "median_bias": round(float(np.median(off)), 4),
    }


if __name__ == "__main__":
    main()
