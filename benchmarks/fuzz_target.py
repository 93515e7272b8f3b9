"""One reader under the fuzzer, in a process of its own: `fuzz.py` starts it and reads what it leaves.

`result.json` has the figures, `finding-N.bin` an input for each fault that is new by its place, `current` the
input at hand, for the case that the process does not survive it.
"""

from __future__ import annotations

import argparse
import resource
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris

from fuzz import MEMORY_LIMIT_MB

_MOST_BYTES = 12 << 10
_READERS = [
    f"agenttrace.ingest.{name}"
    for name in (
        "formats", "dynamo", "telemetry", "workload", "fields", "head", "json_objects", "json_text",
        "json_values", "record_fields", "source", "stretches", "usage",
    )
]  # fmt: skip
"""Whose branches count. What comes behind the readers is the same for all of them."""


def _count_branches() -> None:
    """Before anything else loads the readers."""
    with atheris.instrument_imports(include=_READERS):
        formats = import_module("agenttrace.ingest.formats")
        for found in walk_packages(formats.__path__, "agenttrace.ingest.formats."):
            import_module(found.name)


def main() -> None:
    """Fuzzes until the time is over, or reads one input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("format")
    parser.add_argument("container", help="lines, records, ...; empty for all")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    _count_branches()
    from fuzz_cases import Cases  # noqa: PLC0415  # loads the readers
    from fuzz_mutation import Mutator  # noqa: PLC0415
    from fuzz_seeds import seeds_of  # noqa: PLC0415

    cases = Cases(options.format, options.folder, options.seed, options.seconds)
    if options.again:
        cases.take(options.again.read_bytes())
        cases.finish()
        print((options.folder / "result.json").read_text().replace("\\n", "\n"))
        return
    corpus = options.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    seeds = seeds_of(options.format, options.container, options.seed, _MOST_BYTES)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    used_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    atheris.Setup(
        [
            sys.argv[0],
            f"-seed={options.seed}",
            f"-max_len={_MOST_BYTES}",
            f"-rss_limit_mb={used_mb + MEMORY_LIMIT_MB}",
            f"-artifact_prefix={options.folder}/",
            "-timeout=1000",
            "-len_control=0",
            str(corpus),
        ],
        cases.take,
        custom_mutator=Mutator(options.format, seeds).mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
