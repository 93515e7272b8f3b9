"""How often `diff` is wrong, and how much it sees: simulated comparisons with a known truth.

Sessions are lognormal: a task's own time (spread 0.7 on the log scale), a session's deviation from it (0.35), and
a run's drift, shared by all its sessions. Or their deviations are those of two measured captures (--captures).
Beside the gates of `diff` the same sessions go to a plain "p95 is more than 10 % higher" gate, and to
Mann-Whitney as it is used elsewhere: sessions as independent values, two-sided p < 0.05 and a median 5 % higher.

    python benchmarks/diff_calibration.py --comparisons 4000 --json calibration.json

What is known of the drift of runs:
    assumed   one run a side, nothing measured: `diff` takes 5 %
    known     the true drift was stated
    noise     ten runs (--noise-runs) of the same deployment were measured (`agenttrace noise`)

Where only the work changes, or the work and the serving, sessions are those of diff_workload.py.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # products are small: threads only get in each other's way

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.policy import DEFAULT_GATES
from agenttrace.diff.spread import Origin, Spread, measured, pooled
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.estimation import estimate
from agenttrace.diff.statistics.intervals import LEVEL, interval
from agenttrace.diff.statistics.sample import Sample, side
from agenttrace.diff.statistics.shapes import Floats, Ints, Stat
from agenttrace.diff.verdicts import Measured, Question, answer, measure, overall
from diff_workload import WORLDS, judged

TASK_SPREAD, SESSION_SPREAD = 0.7, 0.35
TYPICAL_NS = 60e9
NOISE_RUNS = 10
ALPHA, SEED = 0.05, 0
TIME = BY_NAME["session.active_time"]
GATES = [gate for gate in DEFAULT_GATES if gate.metric == TIME.name]
KNOWS = {0.0: ("known", "assumed", "noise"), 0.02: ("assumed", "noise"), 0.05: ("assumed", "noise")}
CELLS_FA = [(n, drift) for drift in (0.0, 0.02, 0.05) for n in (20, 50, 100, 200)]


@dataclass(frozen=True)
class Scene:
    """One kind of comparison: tasks a side, runs a side, the drift of runs, and what the candidate does to times."""

    name: str
    tasks: int
    drift: float = 0.0
    factor: float = 1.0
    tail_factor: float = 1.0
    runs: tuple[int, int] = (1, 1)
    paired: bool = True
    knows: tuple[str, ...] = ("assumed", "known", "noise")
    residuals: Floats | None = None
    noise_runs: int = NOISE_RUNS


def deviations(random: np.random.Generator, scene: Scene, size: int) -> Floats:
    """How far sessions are from what their task takes."""
    if scene.residuals is None:
        return random.normal(0, SESSION_SPREAD, size)
    return random.choice(scene.residuals, size)


def played(random: np.random.Generator, scene: Scene, tasks: Floats, runs: int) -> tuple[Floats, Ints, Ints]:
    """Logarithms of times, with the numbers of their tasks and runs."""
    task = np.tile(np.arange(len(tasks)), runs)
    run = np.repeat(np.arange(runs), len(tasks))
    drift = random.normal(0, 1, runs) * scene.drift
    return tasks[task] + deviations(random, scene, len(task)) + drift[run], task, run


def compared(random: np.random.Generator, scene: Scene) -> tuple[Sample, dict[str, Spread]]:
    """The sessions of one comparison, and what is known of its drift."""
    own = random.normal(0, TASK_SPREAD, scene.tasks)
    other = own if scene.paired else random.normal(0, TASK_SPREAD, scene.tasks)
    base, base_task, base_run = played(random, scene, own, scene.runs[0])
    candidate, task, run = played(random, scene, other, scene.runs[1])
    candidate = candidate + math.log(scene.factor)
    if scene.tail_factor != 1:
        candidate = candidate + (random.random(len(candidate)) < 0.1) * math.log(scene.tail_factor)
    told = [measured(base, base_task, base_run), measured(candidate, task, run)]
    knows = {"known": Spread(scene.drift, np.inf, Origin.MEASURED)}
    if "assumed" in scene.knows:
        knows["assumed"] = pooled(told, 0.05)
    if "noise" in scene.knows:
        knows["noise"] = pooled([*told, measured(*played(random, scene, own, scene.noise_runs))], 0.05)
    sample = Sample(
        side(TYPICAL_NS * np.exp(base), base_task, paired=scene.paired),
        side(TYPICAL_NS * np.exp(candidate), task, paired=scene.paired),
        scene.paired,
    )
    return sample, {name: knows[name] for name in scene.knows}


def verdict(found: Sequence[Measured], spread: Spread, runs: tuple[int, int]) -> str:
    """Of the default gates on times."""
    questions = [Question(gate, one, spread, runs) for gate, one in zip(GATES, found, strict=True)]
    return overall(answer(questions, ALPHA, SEED)).value


def plain_gate(sample: Sample) -> bool:
    """A p95 that is more than 10 % higher."""
    return bool(np.quantile(sample.candidate.values, 0.95) > 1.1 * np.quantile(sample.base.values, 0.95))


def mann_whitney(sample: Sample) -> bool:
    """Two-sided, by the normal approximation; times are never equal here."""
    base, candidate = sample.base.values, sample.candidate.values
    one, other = len(base), len(candidate)
    ranks = np.argsort(np.argsort(np.concatenate([base, candidate]))) + 1
    u = ranks[one:].sum() - other * (other + 1) / 2
    z = (u - one * other / 2) / math.sqrt(one * other * (one + other + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2)) < 0.05 and bool(np.median(candidate) > 1.05 * np.median(base))


def upper(hits: int, of: int) -> float:
    """Wilson's one-sided 95 % bound of a share."""
    z, share = 1.645, hits / of
    middle = share + z * z / (2 * of)
    return (middle + z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))) / (1 + z * z / of)


def verdicts(scene: Scene, comparisons: int, seed: int) -> list[dict[str, object]]:
    """How often which verdict falls, for each thing that may be known."""
    random = np.random.default_rng([seed, scene.tasks, round(1000 * scene.drift), round(100 * scene.factor)])
    found: dict[str, Counter[str]] = {name: Counter() for name in scene.knows}
    plain = other = 0
    for _ in range(comparisons):
        sample, knows = compared(random, scene)
        plain += plain_gate(sample)
        other += mann_whitney(sample)
        looked = [measure(TIME, gate.stat, sample, SEED) for gate in GATES]
        for name, spread in knows.items():
            found[name][verdict(looked, spread, scene.runs)] += 1
    shared = {"plain_p95": plain / comparisons, "mann_whitney": other / comparisons}
    return [
        {
            "scene": scene.name,
            "sessions": scene.tasks * scene.runs[0],
            "runs": list(scene.runs),
            "drift": scene.drift,
            "paired": scene.paired,
            "knows": name,
            "comparisons": comparisons,
            **{
                word: count[word] / comparisons
                for word in ("regression", "improvement", "no-change", "inconclusive")
            },
            "regression_upper": upper(count["regression"], comparisons),
            **shared,
        }
        for name, count in found.items()
    ]


def coverage(stat: Stat, tasks: int, comparisons: int, seed: int, factor: float = 1.2) -> dict[str, object]:
    """How often the interval holds the true ratio; no drift."""
    random = np.random.default_rng([seed, tasks, list(Stat).index(stat)])
    scene, held, width = Scene("coverage", tasks, factor=factor, knows=("known",)), 0, []
    for _ in range(comparisons):
        sample, _ = compared(random, scene)
        found = estimate(sample, stat, SEED)
        assert found is not None
        low, high = interval(found, Drift(), SEED)
        held += low <= math.log(factor) <= high
        width.append(high - low)
    return {
        "stat": stat.value,
        "sessions": tasks,
        "stated": LEVEL,
        "comparisons": comparisons,
        "coverage": held / comparisons,
        "median_half_width": math.exp(float(np.median(width)) / 2) - 1,
    }


def scenes(residuals: Floats | None) -> list[Scene]:
    """Everything that is simulated."""
    made = [Scene("equal", n, drift, knows=KNOWS[drift]) for n, drift in CELLS_FA]
    made += [
        Scene("equal, measured residuals", n, residuals=residuals)
        for n in (20, 50, 100, 200)
        if residuals is not None
    ]
    made += [Scene("equal, not paired", n, paired=False, knows=("known",)) for n in (50, 200)]
    made += [Scene("equal", 50, drift, runs=(5, 5), knows=("assumed",)) for drift in (0.02, 0.05)]
    made += [
        Scene("+20 %", n, drift, factor=1.2, knows=KNOWS[drift]) for drift in (0.0, 0.05) for n in (50, 100)
    ]
    made += [
        Scene("+20 %", 100, 0.05, factor=1.2, runs=runs, knows=("assumed",)) for runs in ((3, 3), (5, 5))
    ]
    made += [Scene("+20 %", 100, 0.0, factor=1.2, runs=(5, 1), knows=("assumed",))]
    made += [
        Scene("a tenth of the sessions twice as long", n, tail_factor=2.0, knows=("known",))
        for n in (50, 100, 200)
    ]
    return made


COVERED = [
    *((Stat.GEOMEAN, n) for n in (20, 50, 100, 200)),
    *((Stat.TAIL_MEAN, n) for n in (50, 100, 200)),
    *((Stat.P50, n) for n in (20, 50, 200)),
    *((Stat.P95, n) for n in (60, 100, 200)),
    (Stat.P99, 300),
]


def residuals_of(folders: Sequence[str]) -> Floats:
    """Of the same tasks in two captures: how far single sessions deviate from what all of them share."""
    from agenttrace.critical_path.analysis import analyze  # noqa: PLC0415  # only here
    from agenttrace.ingest.reading import read  # noqa: PLC0415

    sides = []
    for folder in folders:
        trace = read(folder)
        prints = dict(
            zip(
                *(trace.sessions[name].to_pylist() for name in ("session", "first_prompt_fingerprint")),
                strict=True,
            )
        )
        times = analyze(trace).sessions.select("session", "active_ns").rows()
        sides.append({prints[session]: math.log(ns) for session, ns in times})
    gaps = np.array([sides[1][task] - sides[0][task] for task in sorted(set(sides[0]) & set(sides[1]))])
    residuals: Floats = (gaps - gaps.mean()) / math.sqrt(2)
    return residuals


def row_of(row: dict[str, object]) -> str:
    """A row of the table, on one line."""
    return "  ".join(
        f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in row.items()
    )


def main() -> None:
    """Simulates, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--comparisons", type=int, default=4000, help="in each cell")
    parser.add_argument("--quick", action="store_true", help="40 in each cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--captures", nargs=2, metavar="PATH", help="two captures of the same tasks")
    parser.add_argument("--noise-runs", type=int, default=NOISE_RUNS, help="runs that told the noise")
    parser.add_argument(
        "--only", metavar="TEXT", default="", help="scenes whose name begins so; or 'coverage'"
    )
    options = parser.parse_args()
    comparisons = 40 if options.quick else options.comparisons
    began = time.perf_counter()
    residuals = residuals_of(options.captures) if options.captures else None
    found: dict[str, list[dict[str, object]]] = {"verdicts": [], "workload": [], "coverage": []}
    for scene in scenes(residuals):
        if scene.name.startswith(options.only):
            rows = verdicts(replace(scene, noise_runs=options.noise_runs), comparisons, options.seed)
            found["verdicts"] += rows
            print(*map(row_of, rows), sep="\n", flush=True)
    for world in WORLDS:
        if world.name.startswith(options.only):
            found["workload"].append(judged(world, comparisons, options.seed))
            print(row_of(found["workload"][-1]), flush=True)
    for stat, tasks in COVERED:
        if "coverage".startswith(options.only):
            found["coverage"].append(coverage(stat, tasks, comparisons, options.seed))
            print(row_of(found["coverage"][-1]), flush=True)
    print(f"{time.perf_counter() - began:.0f} s")
    if options.json:
        Path(options.json).write_text(json.dumps({"seed": options.seed, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
