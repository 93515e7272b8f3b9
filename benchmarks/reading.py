"""How fast traces are read, next to a plain reader in the same run, for each of the formats.

    python benchmarks/reading.py --size 100
    python benchmarks/reading.py --quick --json reading.json

The input is the 33-minute sample over and over with other ids (for transcripts real ones, if they are in
../shared/data or in AGENTTRACE_SHARED_DATA). Every figure is the median of at least three runs, each in a
fresh process that is pinned to one core (`--cores` for more), the readers in turn:

plain    the standard library's json, a dataclass and a dict for each span (`reading_plain`)
columns  agenttrace, to the normalised raw columns
trace    agenttrace, to the assembled trace: sessions, agents, parents, links

Time is that of the reading alone, without start-up; memory is the whole process's. Spans are those that a
reader found: they differ a little, for a plain reader knows less. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
QUICK_MB, FULL_MB = 4.0, 100.0
READERS = ("plain", "columns", "trace")
FORMATS = ("dynamo", "claude-code", "otlp", "otlp-protobuf")


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, measures, prints."""
    options = _options(arguments)
    if options.child:
        paths = sorted(Path(options.folder).iterdir())
        print(json.dumps(_measure(options.child, options.formats[0], paths)))
        return 0
    compileall.compile_dir(ROOT / "src", quiet=2)
    compileall.compile_dir(ROOT / "benchmarks", quiet=2, maxlevels=0)
    megabytes = QUICK_MB if options.quick else options.size
    results = [_compare(format_id, megabytes, options) for format_id in options.formats]
    _print(results)
    if options.json:
        about = {"seed": options.seed, "size_mb": megabytes, "cores": options.cores, "repeat": options.repeat}
        _write(options.json, {**about, "python": sys.version.split()[0], "formats": results})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=float, default=FULL_MB, help="megabytes of each input")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MB:.0f} MB")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each reader")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    parser.add_argument("--child", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _compare(format_id: str, megabytes: float, options: argparse.Namespace) -> dict[str, Any]:
    from repeated_traces import write_input  # noqa: PLC0415  # loads agenttrace; children start without it

    with tempfile.TemporaryDirectory(prefix="agenttrace-reading-") as folder:
        paths = write_input(format_id, Path(folder), megabytes, options.seed, _transcripts())
        runs: dict[str, list[dict[str, Any]]] = {reader: [] for reader in READERS}
        for _ in range(max(3, options.repeat)):
            for reader in READERS:
                runs[reader].append(_run(reader, format_id, folder, options.cores))
        size = sum(path.stat().st_size for path in paths) / 1e6
    readers = {reader: _summary(found, size) for reader, found in runs.items()}
    plain = readers["plain"]["seconds"]
    for found in readers.values():
        found["times_plain"] = round(plain / found["seconds"], 2)
    return {"format": format_id, "mb": round(size, 1), "files": len(paths), "readers": readers}


def _transcripts() -> Path:
    shared = Path(os.environ.get("AGENTTRACE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return shared / "sessions" / "claude-code"


def _run(reader: str, format_id: str, folder: str, cores: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", reader, "--formats", format_id, "--folder", folder]
    threads = {"POLARS_MAX_THREADS": str(cores), "OMP_NUM_THREADS": str(cores)}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **threads}
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
        preexec_fn=lambda: _pin(cores),
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _pin(cores: int) -> None:
    """To the first so many cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def _summary(runs: list[dict[str, Any]], megabytes: float) -> dict[str, Any]:
    seconds = statistics.median(run["seconds"] for run in runs)
    spans = runs[0]["spans"]
    return {
        "seconds": round(seconds, 4),
        "all_seconds": [round(run["seconds"], 4) for run in runs],
        "cpu_seconds": round(statistics.median(run["cpu_seconds"] for run in runs), 4),
        "spans": spans,
        "spans_per_second": round(spans / seconds),
        "mb_per_second": round(megabytes / seconds, 1),
        "peak_mb": round(statistics.median(run["peak_mb"] for run in runs)),
        "start_mb": round(runs[0]["start_mb"]),
    }


def _measure(reader: str, format_id: str, paths: list[Path]) -> dict[str, Any]:
    """In a fresh process: the work is loaded first, then timed once."""
    work = {"plain": _plain, "columns": _columns, "trace": _trace}[reader](format_id, paths)
    start_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    spans = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": wall,
        "cpu_seconds": cpu,
        "spans": spans,
        "peak_mb": peak_kb / 1024,
        "start_mb": start_kb / 1024,
    }


def _plain(format_id: str, paths: list[Path]) -> Callable[[], int]:
    from reading_plain import READERS as PLAIN  # noqa: PLC0415  # only what is measured is loaded

    read = PLAIN[format_id]
    return lambda: len(read(paths))


def _columns(format_id: str, paths: list[Path]) -> Callable[[], int]:
    from agenttrace.ingest.recorder import Recorder  # noqa: PLC0415
    from agenttrace.ingest.registry import format_by_id, recognise  # noqa: PLC0415
    from agenttrace.ingest.source import Source  # noqa: PLC0415

    expected = format_by_id(format_id.removesuffix("-protobuf"))

    def work() -> int:
        spans = 0
        for path in paths:
            recorder, source = Recorder(), Source(str(path))
            assert recognise(source) is expected
            expected.read(source, recorder)
            spans += recorder.trace().spans.num_rows
        return spans

    return work


def _trace(format_id: str, paths: list[Path]) -> Callable[[], int]:
    from agenttrace.ingest.reading import read  # noqa: PLC0415

    chosen = format_id.removesuffix("-protobuf")
    return lambda: read(paths, input_format=chosen).spans.num_rows


def _print(results: list[dict[str, Any]]) -> None:
    head = ("format", "MB", "reader", "spans/s", "MB/s", "peak MB", "times plain")
    print("{:15}{:>7}  {:9}{:>10}{:>9}{:>9}{:>13}".format(*head))
    for result in results:
        for name, found in result["readers"].items():
            print(
                f"{result['format']:15}{result['mb']:>7.0f}  {name:9}{found['spans_per_second']:>10,}"
                f"{found['mb_per_second']:>9.1f}{found['peak_mb']:>9}{found['times_plain']:>13.2f}"
            )


def _write(target: str, document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
