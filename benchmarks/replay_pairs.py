"""How well sessions are projected onto other servers, where what they take there is known: pairs drawn at random.

    python benchmarks/replay_pairs.py --pairs 200
    python benchmarks/replay_pairs.py --quick
    python benchmarks/replay_pairs.py --from 141 --pairs 1

Each pair is a way of working (fan-outs that nest, background agents whose result is awaited late or never, users,
compactions, tools and agents that the trace shows or does not) on a light server and on an overloaded one, both
simulated token by token (tests/unit/replay/virtual_server.py). Each trace is fitted, each is played on either fit, and
the session's wall time at p50 and p95 is set against what the sessions really took there. What no trace shows cannot
be found: a result that was there before it was needed, or when a user spoke who had to wait all the same.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from children import ROOT, write_json

QUICK, FULL = 6, 100
_TOLD_BEYOND = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws, plays, prints."""
    options = _options(arguments)
    sys.path.insert(0, str(ROOT / "tests"))
    errors: dict[str, list[float]] = {"on its own server": [], "on the other server": []}
    seeds = range(options.first, options.first + (QUICK if options.quick else options.pairs))
    with tempfile.TemporaryDirectory(prefix="agenttrace-pairs-") as folder:
        for seed in seeds:
            found = list(_errors(seed, Path(folder)))
            for kind, percent in found:
                errors[kind].append(percent)
            worst = max((abs(percent) for _, percent in found), default=0.0)
            if worst > _TOLD_BEYOND:
                print(f"pair {seed}: {worst:.1f} %")
    for kind, percents in errors.items():
        sizes = sorted(map(abs, percents))
        within = [sum(size <= limit for size in sizes) / len(sizes) for limit in (2, 5)]
        print(
            f"{kind}: median {statistics.median(sizes):.2f} %, p95 {np.percentile(sizes, 95):.1f} %, "
            f"{within[0]:.0%} within 2 %, {within[1]:.0%} within 5 %, of {len(sizes)}"
        )
    if options.json:
        write_json(options.json, {"pairs": len(seeds), "errors_percent": errors})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=FULL)
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="NUMBER", help="the first pair")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} pairs")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    return parser.parse_args(arguments)


def _errors(seed: int, folder: Path) -> Iterator[tuple[str, float]]:
    """How far p50 and p95 are off, percent, for each trace on each server."""
    from unit.replay.projected_pairs import projected  # noqa: PLC0415  # found once tests/ is

    for played, server, ratios in projected(seed, folder):
        kind = "on its own server" if played == server else "on the other server"
        yield from ((kind, 100 * (float(ratio) - 1)) for ratio in ratios)


if __name__ == "__main__":
    sys.exit(main())
