"""A coverage-guided fuzzer on each reader: no traceback, no hang, no case that takes much memory.

    python benchmarks/fuzz.py --seconds 60
    python benchmarks/fuzz.py --format otlp --format codex --seconds 600 --jobs 2
    python benchmarks/fuzz.py --again findings/otlp/finding-0.bin --format otlp

It needs atheris (`pip install atheris`), which is no requirement of anything else here. Inputs that reach
new branches of the readers are kept and changed further, from small cuts of the samples on: as JSON or
protobuf, as lines, as bytes (`fuzz_mutation`). What gives rows that were not seen before goes through assembly,
analysis and the JSON report too. Findings lie in `--folder`, the corpus too, which the next run goes on with.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CASE_LIMIT_S = 10
MEMORY_LIMIT_MB = 1024
_LEAST_S = 5.0
_GRACE_S = 600.0
_MOST_STARTS = 40
_FATAL_SHARE = 0.2
"""Of the time that is left, what an end too early counts for: nobody told how long it ran."""

_ABSENT = "error: atheris is not installed\nhint: pip install atheris (for this program only)"
_COVERED = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
TARGET = Path(__file__).with_name("fuzz_target.py")


@dataclass
class Result:
    """What came of fuzzing one reader, in seconds of a processor. `branches`: how many of the readers' were taken."""

    format: str
    seconds: float = 0.0
    executions: int = 0
    assembled: int = 0
    branches: int = 0
    corpus: int = 0
    peak_mb: int = 0
    slowest_s: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 if anything was found, 2 where the fuzzer cannot run."""
    options = _options(arguments)
    if find_spec("atheris") is None:
        print(_ABSENT, file=sys.stderr)
        return 2
    folder = options.folder or Path(tempfile.mkdtemp(prefix="agenttrace-fuzz-"))
    formats = options.formats or _known()
    if options.again:
        return subprocess.run(
            [*_target(formats[0], folder), "--again", options.again], check=False
        ).returncode
    print(
        f"{'format':20}{'seconds':>9}{'executions':>12}{'assembled':>11}{'branches':>10}{'corpus':>8}", end=""
    )
    print(f"{'peak MB':>9}{'slowest s':>11}{'findings':>10}")
    results = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda known: _fuzz(known, folder, options), formats):
            results.append(result)
            _print(result)
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(each) for each in results], indent=2) + "\n")
    found = sum(len(result.findings) for result in results)
    print(f"{found} findings; corpus and findings in {folder}")
    return 1 if found else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--format",
        action="append",
        dest="formats",
        metavar="ID[:CONTAINER]",
        help="all if left out; containers: lines, records, document, frames",
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of a processor, for each format")
    parser.add_argument("--quick", action="store_true", help="10 seconds for each format")
    parser.add_argument("--jobs", type=int, default=1, help="formats at the same time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="for corpus and findings; a new one if left out")
    parser.add_argument("--json", metavar="FILE", help="the figures")
    parser.add_argument("--again", metavar="FILE", help="one input again, with its traceback")
    return parser.parse_args(arguments)


def _known() -> list[str]:
    from agenttrace.ingest.registry import own_formats  # noqa: PLC0415  # not for --help

    return [known.id for known in own_formats()]


def _target(format_id: str, folder: Path) -> list[str]:
    name, _, container = format_id.partition(":")
    return [sys.executable, str(TARGET), name, container, str(folder / format_id.replace(":", "-"))]


def _fuzz(format_id: str, folder: Path, options: argparse.Namespace) -> Result:
    """Starts the target again where an input ended its process, until the time is over."""
    result = Result(format_id)
    command = _target(format_id, folder)
    place = Path(command[-1])
    place.mkdir(parents=True, exist_ok=True)
    seconds = 10.0 if options.quick else options.seconds
    for _ in range(_MOST_STARTS):
        if (left := seconds - result.seconds) < _LEAST_S and result.executions:
            break
        timed = [*command, "--seconds", str(int(left)), "--seed", str(options.seed)]
        fatal = _run(timed, place, left, result)
        if fatal:
            result.seconds += left * _FATAL_SHARE
            number = len(list(place.glob("fatal-*.bin")))
            kept = place / f"fatal-{number}.bin"
            kept.write_bytes((place / "current").read_bytes())
            result.findings.append({"category": "fatal", "text": fatal, "file": kept.name})
    return result


def _run(command: list[str], place: Path, seconds: float, result: Result) -> str:
    """One process; says why it ended too early."""
    log = place / "log.txt"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        try:
            code = process.wait(10 * seconds + _GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = -1
    text = log.read_text(errors="replace")
    for branches, _, corpus in _COVERED.findall(text):
        result.branches, result.corpus = max(result.branches, int(branches)), int(corpus)
    for line in _lines_of(place / "result.json"):
        told = json.loads(line)
        result.seconds += told["seconds"]
        result.executions += told["executions"]
        result.assembled += told["assembled"]
        result.peak_mb = max(result.peak_mb, told["peak_mb"])
        result.slowest_s = max(result.slowest_s, told["slowest_s"])
        result.findings += told["findings"]
    return "" if code == 0 else f"the process ended with {code}: {text[-1500:]}"


def _lines_of(path: Path) -> Iterator[str]:
    """What the last process told; it is taken away, for the next one may not get so far."""
    if path.exists():
        yield path.read_text(encoding="utf-8")
        path.unlink()


def _print(result: Result) -> None:
    print(
        f"{result.format:20}{result.seconds:>9.0f}{result.executions:>12}{result.assembled:>11}"
        f"{result.branches:>10}{result.corpus:>8}{result.peak_mb:>9}{result.slowest_s:>11.2f}"
        f"{len(result.findings):>10}",
        flush=True,
    )
    for finding in result.findings:
        print(
            f"    {finding['category']}: {finding['text'].strip().splitlines()[-1][:200]} ({finding['file']})"
        )


if __name__ == "__main__":
    sys.exit(main())
