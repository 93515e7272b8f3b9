"""Damaged inputs: no traceback, no hang, an exit code of the table, and sound lines that keep their rows.

    python benchmarks/damage.py --size 20000
    python benchmarks/damage.py --quick --json damage.json
    python benchmarks/damage.py ../shared/data/dynamo/A/*.jsonl.gz --seed 7
    python benchmarks/damage.py --replay 7:1234         the case of that number again, with all its details

Each case cuts a piece from a sound trace (the samples, or FILES), damages it in one way, and puts it
through reading, assembly, analysis and the reports in this program's own processes; every hundredth goes
through the real command too. The kinds of damage and their claims stand in `damage_kinds`, the meaning of
"rows of sound lines" in `damage_rows`. Variants that fail are kept, and their numbers printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from damage_material import Piece, cut_pieces, sample_files
from damage_pool import CASE_LIMIT_S, Job, run_cases

if TYPE_CHECKING:
    from damage_outcome import Outcome

FULL, QUICK = 20_000, 300
CATEGORIES = ("traceback", "hang", "exit code", "law", "rows", "memory")
_COLUMNS = ("variants", "refused", *CATEGORIES, "compared")
_SHOWN = 20


@dataclass
class Score:
    """All cases so far."""

    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: list[Outcome] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    peak_kb: int = 0

    def add(self, outcome: Outcome, peak_kb: int) -> None:
        """One more case."""
        count = self.counts[outcome.format, outcome.kind]
        count["variants"] += 1
        count["refused"] += outcome.refused
        count["compared"] += outcome.compared
        count.update({category for category, _ in outcome.problems})
        if outcome.problems:
            self.failures.append(outcome)
        self.slowest = max(self.slowest, (outcome.seconds, outcome.index))
        self.peak_kb = max(self.peak_kb, peak_kb)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 if anything failed."""
    options = _options(arguments)
    size = QUICK if options.quick else options.size
    files = [Path(name) for name in options.files] or sample_files()
    seed, _, index = (options.replay or str(options.seed)).partition(":")
    pieces = cut_pieces(files, options.pieces, int(seed), options.formats)
    keep = Path(tempfile.mkdtemp(prefix=f"agenttrace-damage-{seed}-"))
    if options.replay:
        return _replay(pieces, int(seed), int(index), keep)
    started = time.perf_counter()
    score = Score()
    job = Job(pieces, int(seed), size, options.command_every, keep)
    for number, (answer, peak_kb) in enumerate(run_cases(job, options.jobs), start=1):
        score.add(_outcome(answer, pieces, int(seed)), peak_kb)
        if number % 1000 == 0:
            print(f"{number} of {size}, {len(score.failures)} failed", file=sys.stderr)
    seconds = time.perf_counter() - started
    _print(score, size, seconds, keep, int(seed))
    if options.json:
        _write(options.json, score, {"seed": int(seed), "size": size, "seconds": round(seconds, 1)})
    return 1 if score.failures else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="FILES", help="sound traces; the samples if left out")
    parser.add_argument("--format", action="append", dest="formats", help="of this format only; repeatable")
    parser.add_argument("--size", type=int, default=FULL, help="how many variants")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} variants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--pieces", type=int, default=150, help="how many pieces to cut")
    parser.add_argument("--command-every", type=int, default=100, help="which cases the real command gets")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    parser.add_argument("--replay", metavar="SEED:INDEX", help="one case again")
    return parser.parse_args(arguments)


def _outcome(answer: object, pieces: list[Piece], seed: int) -> Outcome:
    """Of a worker that died or was killed, what its case was."""
    from damage_outcome import Outcome  # noqa: PLC0415  # loads the house
    from damage_trial import variant_of  # noqa: PLC0415

    if isinstance(answer, Outcome):
        return answer
    assert isinstance(answer, tuple)
    index, category, text = answer
    piece, kind, _ = variant_of(pieces, seed, index)
    return Outcome(
        index, f"{piece.format} {piece.container}", kind, seconds=CASE_LIMIT_S, problems=[(category, text)]
    )


def _print(score: Score, size: int, seconds: float, keep: Path, seed: int) -> None:
    print(f"{'format':24}{'damage':26}" + "".join(f"{name:>11}" for name in _COLUMNS))
    totals = Counter[str]()
    for (format_id, kind), count in sorted(score.counts.items()):
        totals.update(count)
        print(f"{format_id:24}{kind:26}" + "".join(f"{count[name]:>11}" for name in _COLUMNS))
    print(f"{'all':50}" + "".join(f"{totals[name]:>11}" for name in _COLUMNS))
    slowest_s, slowest = score.slowest
    print(f"{size} variants in {seconds:.0f} s; slowest {slowest_s:.2f} s (--replay {seed}:{slowest})")
    print(f"peak memory of a process: {score.peak_kb / 1024:.0f} MB")
    for (category, last), (first, times) in _grouped(score.failures)[:_SHOWN]:
        print(
            f"{times} x {category}: {last}\n    --replay {seed}:{first.index} ({first.format}, {first.kind})"
        )
    if score.failures:
        print(f"{len(score.failures)} failed; kept in {keep}")
    else:
        keep.rmdir()


def _grouped(failures: list[Outcome]) -> list[tuple[tuple[str, str], tuple[Outcome, int]]]:
    """Failures that say the same, the most frequent first."""
    groups: dict[tuple[str, str], tuple[Outcome, int]] = {}
    for failure in sorted(failures, key=lambda failure: failure.index):
        for category, text in failure.problems:
            said = category, text.strip().splitlines()[-1][:300]
            first, times = groups.get(said, (failure, 0))
            groups[said] = first, times + 1
    return sorted(groups.items(), key=lambda group: -group[1][1])


def _write(target: str, score: Score, about: dict[str, Any]) -> None:
    rows = [
        {"format": format_id, "damage": kind, **{name.replace(" ", "_"): count[name] for name in _COLUMNS}}
        for (format_id, kind), count in sorted(score.counts.items())
    ]
    totals = {
        name.replace(" ", "_"): sum(count[name] for count in score.counts.values()) for name in _COLUMNS
    }
    document = {
        **about,
        "totals": totals,
        "slowest": {"seconds": round(score.slowest[0], 3), "index": score.slowest[1]},
        "peak_mb": score.peak_kb >> 10,
        "kinds": rows,
        "failures": [asdict(failure) for failure in score.failures],
    }
    text = json.dumps(document, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


def _replay(pieces: list[Piece], seed: int, index: int, keep: Path) -> int:
    from damage_trial import Limits, try_cases, try_command, variant_of  # noqa: PLC0415  # loads the house

    piece, kind, variant = variant_of(pieces, seed, index)
    (keep / "sound").write_bytes(piece.content)
    if variant.against:
        (keep / "compared-with").write_bytes(variant.against)
    for number, unit in enumerate(variant.before):
        (keep / f"before-{number}").write_bytes(unit)
    for number, unit in enumerate(variant.after):
        (keep / f"after-{number}").write_bytes(unit)
    (outcome,) = try_cases(pieces, seed, [index], keep / "damaged", Limits(CASE_LIMIT_S, CASE_LIMIT_S))
    try_command(keep / "damaged", outcome, CASE_LIMIT_S)
    print(f"{piece.name}: {kind}, {variant.claim.value}; refused: {outcome.refused}; files in {keep}")
    for category, text in outcome.problems:
        print(f"== {category}\n{text}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    sys.exit(main())
