"""The time to first token of coding agents on 16 H200, by how many of them there are: where it explodes, and why.

    python benchmarks/agentx_curve.py
    python benchmarks/agentx_curve.py --quick --json curve.json
    python benchmarks/agentx_curve.py --seeds 7      the calibrated curve of several sets of plays, least, median, most

AgentX measured GLM-5.2 on 16 H200, 8 that prefill and 8 that decode: a median of 1.3, 3.3, 63 and 229 s at 1, 4, 5 and
8 sessions at once. Here plays with the published marginals are served by the shipped platform: with the KV capacity
that follows from its memory, and with one without end. `modelled`: the platform as it is. `calibrated`: to what was
measured at one session, where nobody waits for anybody: an overhead of each request and a factor of prefill give the
median and the 95th percentile of the time to first token, a factor of steps the time between tokens. What more
sessions do then is predicted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.platforms.catalogue import shipped_platforms
from agenttrace.replay.platforms.modelled import modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.playing import set_stage
from agenttrace.replay.policies import parse_policies
from agenttrace.replay.steps import StepTimes
from agenttrace.replay.workload import Workload, read_workload
from agentx_plays import write_plays
from measured_steps import models

MEASURED_TTFT_S = {1: 1.3, 2: 2.23, 3: 2.61, 4: 3.32, 5: 63.5, 6: 126.9, 7: 189.6, 8: 228.7}
MEASURED_TTFT_P95_S = 3.67
MEASURED_ITL_MS = 30.2
_PLAYS, _QUICK_PLAYS = 48, 16
_QUICK = (1, 4, 5, 8)


@dataclass(frozen=True, slots=True)
class Longer:
    """Step times with prefill and decode that take so many times longer."""

    times: StepTimes
    by_prefill: float
    by_decode: float

    def decode(self, sequences: int) -> tuple[float, float]:
        """Longer."""
        fixed, each = self.times.decode(sequences)
        return fixed * self.by_decode, each * self.by_decode

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """Longer."""
        return self.times.prefill(new_tokens, past_tokens) * self.by_prefill

    @property
    def prefill_start(self) -> float:
        """Longer."""
        return self.times.prefill_start * self.by_prefill

    @property
    def prefill_beside(self) -> float:
        """As `prefill_start`."""
        return self.times.prefill_beside * self.by_prefill


def h200_apart() -> Deployment:
    """8 H200 that prefill and 8 that decode GLM-5.2, with the capacity that their memory leaves."""
    platform = modelled_platform(parse_toml(shipped_platforms()["h200"], "h200"), "h200")
    policies = parse_policies(["gpus_per_replica=8", "decode_replicas=1"])
    return modelled_target(platform, models()["glm-5-2"], policies, 1).build({})


def plays(count: int, seed: int) -> Workload:
    """Plays, read as any workload is."""
    with tempfile.TemporaryDirectory(prefix="agenttrace-agentx-") as folder:
        file = Path(folder) / "plays.jsonl"
        write_plays(file, count, seed)
        return read_workload(read(file))


@dataclass(frozen=True, slots=True)
class Seen:
    """Of requests: times to first token, s, half and 95 of 100 below; half of the times between tokens, ms."""

    ttft_s: float
    ttft_p95_s: float
    itl_ms: float


def seen(workload: Workload, served: Deployment, lanes: int) -> Seen:
    """What requests see with so many sessions at once."""
    outcome = set_stage(workload, Load.CLOSED, lanes).play(served)
    steps = workload.requests.output_tokens - 1
    itl = (outcome.done - outcome.first)[steps > 0] / steps[steps > 0]
    half, most = np.percentile((outcome.first - outcome.sent) / 1e9, (50, 95))
    return Seen(float(half), float(most), float(np.median(itl)) / 1e6)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Servers that take longer by what one session at once was measured to take."""

    served: Deployment
    by_prefill: float
    by_decode: float


def calibrated(workload: Workload, served: Deployment) -> Calibrated:
    """With what was measured at one session."""
    by_prefill = by_decode = 1.0
    overhead_s = 0.0
    found = served
    for _ in range(5):
        times = Longer(served.times, by_prefill, by_decode)
        found = replace(served, times=times, overhead_ns=round(overhead_s * 1e9))
        now = seen(workload, found, 1)
        by = (MEASURED_TTFT_P95_S - MEASURED_TTFT_S[1]) / (now.ttft_p95_s - now.ttft_s)
        overhead_s = max(0.0, MEASURED_TTFT_S[1] - (now.ttft_s - overhead_s) * by)
        by_prefill, by_decode = by_prefill * by, by_decode * MEASURED_ITL_MS / now.itl_ms
    return Calibrated(found, by_prefill, by_decode)


def curve(workload: Workload, served: Deployment, sessions: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """By sessions at once the median times to first token and between tokens."""
    found = {}
    for lanes in sessions:
        one = seen(workload, served, lanes)
        found[str(lanes)] = {"ttft_s": round(one.ttft_s, 3), "itl_ms": round(one.itl_ms, 2)}
    return found


def spread(count: int, seeds: range, sessions: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """By sessions at once the median time to first token, s, of calibrated servers: least, median, most of seeds."""
    found: dict[int, list[float]] = {lanes: [] for lanes in sessions}
    for seed in seeds:
        workload = plays(count, seed)
        served = calibrated(workload, h200_apart()).served
        for lanes in sessions:
            found[lanes].append(seen(workload, served, lanes).ttft_s)
    return {
        str(lanes): {
            "least_s": round(min(values), 3),
            "median_s": round(float(np.median(values)), 3),
            "most_s": round(max(values), 3),
        }
        for lanes, values in found.items()
    }


def main() -> None:
    """Prints the curves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, help=f"plays, {_PLAYS} if left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seeds", type=int, default=1, help="sets of plays, of which the curve's spread is told"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    workload = plays(options.size or (_QUICK_PLAYS if options.quick else _PLAYS), options.seed)
    served = h200_apart()
    sessions = _QUICK if options.quick else tuple(MEASURED_TTFT_S)
    longer = calibrated(workload, served)
    answer = {
        "plays": len(workload.names),
        "requests": len(workload.requests),
        "median_prompt_tokens": int(np.median(workload.requests.input_tokens)),
        "kv_tokens": (served.kv_blocks or 0) * served.limits.block_tokens,
        "measured_ttft_s": {str(count): MEASURED_TTFT_S[count] for count in sessions},
        "modelled": curve(workload, served, sessions),
        "modelled_unlimited_kv": curve(workload, replace(served, kv_blocks=None), sessions),
        "calibrated": curve(workload, longer.served, sessions),
        "calibrated_unlimited_kv": curve(workload, replace(longer.served, kv_blocks=None), sessions),
    }
    answer["calibration"] = {
        "overhead_s": round(longer.served.overhead_ns / 1e9, 3),
        "prefill": round(longer.by_prefill, 2),
        "decode": round(longer.by_decode, 2),
    }
    if options.seeds > 1:
        seeds = range(options.seed, options.seed + options.seeds)
        answer["calibrated_over_seeds"] = spread(len(workload.names), seeds, sessions)
    text = json.dumps(answer, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
