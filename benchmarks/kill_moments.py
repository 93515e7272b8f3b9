"""`kill -9` at the moments of an `ingest` that matter: around each file that says what is whole, before and after it.

    python benchmarks/kill_moments.py
    python benchmarks/kill_moments.py --quick

Of each kind of file the first, the middle and the last one that is written: the program is killed before that, with all
bytes written beside its place, and once it has its name. The next attempt has to come to the same bytes, and what
was killed may not be a dataset unless its manifest had its name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from children import ROOT, write_json
from generate import write
from kills import files_of

_MANIFEST = "agenttrace-dataset.json"
_MOMENTS = ("before", "beside", "after")
_PROGRAM = """
import os, signal, sys
from agenttrace.dataset.location import Location
from functools import partial
from agenttrace.ingest import ingesting, late, reading, storing
from agenttrace.ingest.assembly import store
from agenttrace.ingest.undertaking import Undertaking

store.BUCKET_ROWS, storing.BUCKETS, ingesting.BUCKETS = 1_500, 2, 2
late.Reading = partial(reading.Reading, memory_bytes=1)
wanted, moment, turns = os.environ.get("KILLED_AT", "::0").split(":")
left = int(turns)

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def around(name, work, *given):
    global left
    sys.stderr.write(f"wrote {name}\\n") if not wanted else None
    if name != wanted:
        return work(*given)
    left -= 1
    if left == 0 and moment == "before":
        end()
    said = work(*given)
    if left == 0 and moment == "after":
        end()
    return said

whole, know = Location.write, Undertaking.know

def written(self, fill):
    name = self.address.rpartition("/")[2]
    def filled(file):
        said = fill(file)
        if name == wanted and left == 0 and moment == "beside":
            file.flush()
            end()
        return said
    return around(name, whole, self, filled)

Location.write = written
Undertaking.know = lambda self, read: around("read", know, self, read)
if __name__ == "__main__":
    from agenttrace.cli.application import main
    sys.exit(main(sys.argv[1:]))
"""
"""The program with small pieces, which ends itself where the environment says: a file, a moment, and which of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Kills and compares."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="agenttrace-kills-", dir=options.folder) as made:
        folder = Path(made)
        write(options.format, folder / "traces", options.seed, megabytes=options.size, stories=8)
        told = _run(folder, "whole", None)
        assert told.returncode == 0, told.stderr
        counts = Counter(line[6:] for line in told.stderr.splitlines() if line.startswith("wrote "))
        whole = files_of(folder / "whole")
        kept = killed = 0
        for name, count in sorted(counts.items()):
            turns = {count} if options.quick else {1, (count + 1) // 2, count}
            for moment in _MOMENTS:
                for turn in sorted(turns):
                    if name == "read" and moment == "beside":
                        continue
                    kept += _killed(folder, f"{name}:{moment}:{turn}", whole)
                    killed += 1
    print(
        f"killed at {killed} moments around {len(counts)} kinds of files: the same {len(whole)} files each time; "
        f"{kept} attempts went on with partitions that were whole"
    )
    if options.json:
        write_json(options.json, {"moments": killed, "same": killed, "went_on": kept})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the last file of each kind only")
    parser.add_argument("--size", type=float, default=8.0, help="megabytes of traces")
    parser.add_argument("--format", default="dynamo")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--folder", type=Path, help="TMPDIR otherwise")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args(arguments)


def _run(folder: Path, name: str, at: str | None) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-c", _PROGRAM, "ingest", str(folder / "traces"), "-o", str(folder / name))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}
    if at is not None:
        environment["KILLED_AT"] = at
    return subprocess.run(
        [*command, "--jobs", "1"], env=environment, stderr=subprocess.PIPE, text=True, check=False
    )


def _killed(folder: Path, at: str, whole: dict[str, bytes]) -> bool:
    """Kills it there, and lets another attempt end it. Whether that found something to go on with."""
    place = folder / "killed"
    first = _run(folder, place.name, at)
    assert first.returncode == -signal.SIGKILL, f"{at}: {first.returncode} {first.stderr}"
    assert (place / _MANIFEST).exists() == (at.startswith(f"{_MANIFEST}:after")), at
    kept = any(place.glob("batch-*/partition-*/partition.json"))
    second = _run(folder, place.name, "-:-:0")
    assert second.returncode == 0, f"{at}: {second.stderr}"
    assert files_of(place) == whole, f"{at}: another dataset"
    shutil.rmtree(place)
    return kept


if __name__ == "__main__":
    sys.exit(main())
