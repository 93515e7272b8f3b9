"""Sessions scattered over files, their roots last: time and memory of `analyze`, and whether each session is right.

    python benchmarks/scattered.py --size 5000 --folder /somewhere/with/20/GB
    python benchmarks/scattered.py --quick

Every session is compared, as JSON, with what `analyze` says of the same session alone in a small file. Memory is that
of the program and its workers together, sampled twenty times a second: `resident` counts pages that processes share in
each of them, `own` once. Nothing here fails for being slow; a difference does.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from children import ROOT, write_json
from memory_of_tree import Watched, watched
from scattered_traces import write_alone, write_scattered

QUICK_MB, FULL_MB = 60.0, 1000.0
_OF_ALL = frozenset({"source", "recommendations", "what_if", "serving", "tail"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, measures, compares, prints."""
    options = _options(arguments)
    megabytes = QUICK_MB if options.quick else options.size
    with tempfile.TemporaryDirectory(prefix="agenttrace-scattered-", dir=options.folder) as made:
        folder = Path(made)
        paths = write_scattered(folder / "scattered", megabytes, options.seed)
        size = sum(path.stat().st_size for path in paths) / 1e6
        runs: dict[str, dict[str, Any]] = {}
        sessions: list[bytes] = []
        for jobs in options.jobs:
            found = _analyze(folder / "scattered", jobs, folder)
            sessions = found.output.splitlines()[:-1]
            runs[f"jobs {jobs}"] = {key: value for key, value in asdict(found).items() if key != "output"}
            print(
                f"{size:.0f} MB, jobs {jobs}: {found.seconds:.1f} s, CPU {found.cpu_seconds:.1f} s, "
                f"resident {found.resident_mb:.0f} MB, own {found.own_mb:.0f} MB"
            )
        compared = _compare(sessions, folder, options)
    print(f"{compared} of {len(sessions)} sessions are the same alone")
    if options.json:
        about = {"seed": options.seed, "mb": round(size, 1), "sessions": len(sessions), "compared": compared}
        write_json(options.json, {**about, "runs": runs})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=float, default=FULL_MB, help="megabytes of input")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MB:.0f} MB")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--jobs", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--compare", type=int, default=20, help="sessions that are also analysed alone")
    parser.add_argument("--folder", type=Path, help="for the input and what is spilled; TMPDIR otherwise")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    return parser.parse_args(arguments)


def _analyze(path: Path, jobs: int, folder: Path) -> Watched:
    command = [sys.executable, "-m", "agenttrace", "analyze", str(path), "--format", "jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}
    return watched([*command, "--quiet", "--jobs", str(jobs)], environment)


def _compare(sessions: Sequence[bytes], folder: Path, options: argparse.Namespace) -> int:
    """How many of some sessions are the same alone; one that is not raises."""
    by_name = {session["session_id"]: session for session in map(json.loads, sessions)}
    numbers = Random(options.seed).sample(range(len(by_name)), min(options.compare, len(by_name)))
    for number in numbers:
        path = folder / "alone.jsonl"
        write_alone(path, number, options.seed)
        alone = json.loads(_analyze(path, 1, folder).output.splitlines()[0])
        together = by_name[alone["session_id"]]
        assert _itself(alone) == _itself(together), alone["session_id"]
    return len(numbers)


def _itself(session: dict[str, Any]) -> dict[str, Any]:
    """What a session says of itself. All of them together tell where queues end and what prefill costs."""
    kept = {name: value for name, value in session.items() if name not in _OF_ALL}
    for miss in kept["cache"]["misses"]:
        miss.pop("cost_ns", None)
    for phases in (kept["critical_path_ns"], kept["busy_ns"], *(turn["phases_ns"] for turn in kept["turns"])):
        phases["prefill"] = phases.get("prefill", 0) + phases.pop("queue", 0)
    return kept


if __name__ == "__main__":
    sys.exit(main())
