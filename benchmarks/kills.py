"""`kill -9` at random moments of an `ingest`: what the next attempt makes is, byte for byte, what one would have made.

    python benchmarks/kills.py --times 20
    python benchmarks/kills.py --quick

Each time a dataset is begun anew, the program is killed once to three times, and then left in peace. A dataset that
differs from the undisturbed one, or one that could be read before it was whole, fails.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from children import ROOT, write_json
from generate import write

_PROGRAM = """
from functools import partial
from agenttrace.ingest import ingesting, late, reading, storing
from agenttrace.ingest.assembly import store
if __name__ == "__main__":
    import sys
    store.BUCKET_ROWS, storing.BUCKETS, ingesting.BUCKETS = 1_500, 2, 2
    late.Reading = partial(reading.Reading, memory_bytes=1 << 20)
    reading.SHARED_BYTES = 1 << 20
    from agenttrace.cli.application import main
    sys.exit(main(sys.argv[1:]))
"""
"""The program with small pieces, so that there are many moments at which it is in the middle of something."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Kills and compares."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="agenttrace-kills-", dir=options.folder) as made:
        folder = Path(made)
        megabytes = 8.0 if options.quick else options.size
        write(options.format, folder / "traces", options.seed, megabytes=megabytes, stories=8)
        began = time.perf_counter()
        assert _start(folder, "whole").wait() == 0
        lasts = time.perf_counter() - began
        whole = files_of(folder / "whole")
        random = Random(options.seed)
        kept = 0
        times = options.times or (3 if options.quick else 20)
        for number in range(times):
            kept += _killed(folder, f"killed-{number}", lasts, random)
            assert files_of(folder / f"killed-{number}") == whole, f"time {number} is another dataset"
    print(
        f"{times} times the same {len(whole)} files; an undisturbed run takes {lasts:.1f} s; {kept} attempts went on"
    )
    if options.json:
        write_json(options.json, {"times": times, "files": len(whole), "same": times, "went_on": kept})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int)
    parser.add_argument("--quick", action="store_true", help="three times, with little")
    parser.add_argument("--size", type=float, default=30.0, help="megabytes of traces")
    parser.add_argument("--format", default="dynamo")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--folder", type=Path, help="TMPDIR otherwise")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args(arguments)


def _start(folder: Path, name: str) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", _PROGRAM, "ingest", str(folder / "traces"), "-o", str(folder / name))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}
    return subprocess.Popen(
        [*command, "--jobs", "2"], env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    )


def _killed(folder: Path, name: str, lasts: float, random: Random) -> int:
    """Kills it some times, and then does not. How many attempts found something to go on with."""
    kept = 0
    for _ in range(random.randint(1, 3)):
        process = _start(folder, name)
        try:
            _, err = process.communicate(timeout=random.uniform(0.2, 1.0) * lasts)
        except subprocess.TimeoutExpired:
            if random.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()  # its workers see that it is gone
            process.communicate()
            kept += any((folder / name).glob("batch-*/partition-*/partition.json"))
            continue
        assert process.returncode == 0, err
    process = _start(folder, name)
    _, err = process.communicate()
    assert process.returncode == 0, err
    return kept


def files_of(dataset: Path) -> dict[str, bytes]:
    """All that is in it."""
    found = sorted(file for file in dataset.rglob("*") if file.is_file())
    return {str(file.relative_to(dataset)): file.read_bytes() for file in found}


if __name__ == "__main__":
    sys.exit(main())
