"""From millions of spans to hundreds: time and memory of `analyze` over a dataset, its size, and one session out of it.

    python benchmarks/scale.py --millions 1 10 50 --folder /somewhere/with/10/GB
    python benchmarks/scale.py --quick

Traces are generated and ingested once; larger datasets have the same partitions under other names of sessions. Memory
is that of the program and its workers together, sampled twenty times a second. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from children import ROOT, write_json
from generate import write
from larger_dataset import grow
from memory_of_tree import Watched, watched

QUICK_MILLIONS, FULL_MILLIONS = (0.1, 0.2), (1.0, 10.0)
QUICK_MB, FULL_MB = 60.0, 330.0
_MILLION = 10**6


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, ingests, grows, measures, prints."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="agenttrace-scale-", dir=options.folder) as made:
        folder = Path(made)
        found: dict[str, Any] = {"seed": options.seed, "format": options.format, "jobs": options.jobs}
        base = folder / "base"
        found["ingest"] = _ingested(base, folder, options)
        found["analyze"] = [
            _analysed(grow(base, folder / "grown", int(millions * _MILLION)), folder, options)
            for millions in options.millions or (QUICK_MILLIONS if options.quick else FULL_MILLIONS)
        ]
    if options.json:
        write_json(options.json, found)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, nargs="+", help="spans of the datasets")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--format", default="otlp")
    parser.add_argument("--size", type=float, help="megabytes of traces that are ingested")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--base", type=Path, help="a dataset that is there already")
    parser.add_argument("--folder", type=Path, help="for traces and datasets; TMPDIR otherwise")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    return parser.parse_args(arguments)


def _run(arguments: Sequence[str], folder: Path) -> Watched:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}
    return watched([sys.executable, "-m", "agenttrace", *arguments, "--quiet"], environment)


def _ingested(base: Path, folder: Path, options: argparse.Namespace) -> dict[str, Any] | None:
    if options.base:
        base.symlink_to(options.base.resolve())
        return None
    megabytes = options.size or (QUICK_MB if options.quick else FULL_MB)
    stories = 4 if options.quick else 48
    write(options.format, folder / "traces", options.seed, megabytes=megabytes, stories=stories)
    run = _run(("ingest", str(folder / "traces"), "-o", str(base), "--jobs", str(options.jobs)), folder)
    said = _said(base, run)
    print(
        f"ingest: {said['spans'] / _MILLION:.2f} M spans, {said['bytes_a_span']:.1f} bytes each "
        f"and {said['kept_bytes_a_span']:.1f} until it is compacted, {_figures(said)}"
    )
    return said


def _analysed(dataset: Path, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    arguments = ("analyze", str(dataset), "--jobs", str(options.jobs))
    said = _said(dataset, _run(arguments, folder))
    name = _a_session(dataset)
    one = _run(("analyze", str(dataset), "--session", name), folder)
    said["one_session_seconds"] = _one_session(dataset, name)
    print(
        f"analyze: {said['spans'] / _MILLION:.2f} M spans, {_figures(said)}; "
        f"one session {one.seconds:.2f} s, "
        f"of which {said['one_session_seconds'][0]:.3f} s read it and {said['one_session_seconds'][1]:.3f} s analyse it"
    )
    return said


_ONE_SESSION = """
import sys, time
from agenttrace.workers.sparing import spare_pandas
spare_pandas()
from agenttrace.api.held_traces import ANALYSED
from agenttrace.critical_path.analysis import analyze
from agenttrace.dataset.location import Location
from agenttrace.dataset.stored import Dataset
began = time.perf_counter()
trace = Dataset(Location(sys.argv[1])).holding([sys.argv[2]])[0].only(ANALYSED).trace()
read = time.perf_counter()
analyze(trace)
print(read - began, time.perf_counter() - read)
"""


def _one_session(dataset: Path, name: str) -> list[float]:
    """Seconds to read it, and to analyse it, once the program is loaded; each the median of five."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    runs = [
        subprocess.run(
            [sys.executable, "-c", _ONE_SESSION, str(dataset), name],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(5)
    ]
    return [round(statistics.median(float(run[place]) for run in runs), 3) for place in (0, 1)]


def _said(dataset: Path, run: Watched) -> dict[str, Any]:
    from agenttrace.dataset.location import Location  # noqa: PLC0415  # heavy
    from agenttrace.dataset.manifest import read_manifest  # noqa: PLC0415

    batches = read_manifest(Location(str(dataset))).batches
    spans = sum(batch.spans for batch in batches)
    kept = sum(batch.kept_bytes for batch in batches)
    size = sum(file.stat().st_size for file in dataset.rglob("*") if file.is_file()) - kept
    return {
        "spans": spans,
        "bytes_a_span": round(size / spans, 2),
        "kept_bytes_a_span": round(kept / spans, 2),
        "seconds": round(run.seconds, 2),
        "cpu_seconds": round(run.cpu_seconds, 2),
        "cpu_seconds_a_million": round(run.cpu_seconds / spans * _MILLION, 2),
        "resident_mb": round(run.resident_mb),
        "own_mb": round(run.own_mb),
    }


def _figures(said: dict[str, Any]) -> str:
    return (
        f"{said['seconds']:.1f} s, CPU {said['cpu_seconds']:.1f} s ({said['cpu_seconds_a_million']:.1f} s a million), "
        f"resident {said['resident_mb']} MB, own {said['own_mb']} MB"
    )


def _a_session(dataset: Path) -> str:
    from agenttrace.dataset.location import Location  # noqa: PLC0415  # heavy
    from agenttrace.dataset.stored import Dataset  # noqa: PLC0415

    names = Dataset(Location(str(dataset))).pieces()[-1].partitions[0].sessions()["session"]
    return str(names[len(names) // 2].as_py())


if __name__ == "__main__":
    sys.exit(main())
