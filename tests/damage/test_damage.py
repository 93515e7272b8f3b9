"""L9: what is damaged is survived, and said; what is sound stays as it was. `make damage` tries more."""

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from damage_claims import Claim
from damage_kinds import KINDS
from damage_material import LINES, SAMPLES, Piece, cut_pieces, sample_files
from damage_rows import Apart, Bags, difference, read_rows

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "damage.py"
SEED = 33


@cache
def _pieces() -> list[Piece]:
    old = ("claude-code", "dynamo", "otlp")
    files = [path for path in sample_files() if "fan-out" in path.name and path.parent.name in old]
    return cut_pieces(files, 9, SEED)


def test_two_hundred_damaged_traces_are_survived_and_keep_what_is_sound() -> None:
    command = [
        sys.executable,
        str(PROGRAM),
        "--size",
        "200",
        "--seed",
        str(SEED),
        "--jobs",
        "2",
        "--json",
        "-",
    ]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    totals = json.loads(done.stdout[done.stdout.index("\n{") :])["totals"]
    assert totals["variants"] == 200
    assert totals["compared"] > 3_000


@pytest.mark.parametrize("container", sorted(KINDS))
def test_the_same_seed_does_the_same_damage(container: str) -> None:
    for name, damage in KINDS[container].items():
        for piece in [piece for piece in _pieces() if piece.container == container]:
            assert damage(piece, Random(name)) == damage(piece, Random(name))  # seeded


@pytest.mark.parametrize("format_id", ["claude-code", "dynamo", "otlp"])
def test_a_change_in_rows_of_sound_lines_would_be_noticed(format_id: str) -> None:
    piece = next(p for p in _pieces() if p.format == format_id and p.container == LINES)
    sound = read_rows(piece.content, format_id).bags
    noticed = 0
    for number, unit in enumerate(piece.units):
        apart = Apart(piece, [unit], [])
        for row in apart.of(sound)["spans"]:
            shifted = [cell if cell[0] != "end_ns" else ("end_ns", -number) for cell in row]
            changed: Bags = {**apart.of(sound), "spans": apart.of(sound)["spans"] - Counter([row])}
            changed["spans"][tuple(shifted)] += 1
            noticed += bool(difference(apart.of(sound), apart.of(changed)))
            break

    assert noticed > len(piece.units) // 2


def test_a_line_that_takes_its_neighbour_along_would_be_noticed() -> None:
    lines = (SAMPLES / "dynamo" / "fan-out.jsonl").read_bytes().splitlines()
    piece = Piece("fan-out", "dynamo", LINES, tuple(lines))
    one, other = [line for line in lines if b"request_end" in line][:2]
    without_one = b"\n".join(line for line in lines if line != one)
    without_both = b"\n".join(line for line in lines if line not in (one, other))
    apart = Apart(piece, [one], [])
    sound, less, least = (
        read_rows(data, "dynamo").bags for data in (piece.content, without_one, without_both)
    )

    assert not difference(apart.of(sound), apart.of(less))
    assert difference(apart.of(sound), apart.of(least))


def test_most_kinds_of_damage_claim_something_of_the_rows() -> None:
    chance = Random(SEED)  # seeded, not secret
    piece = next(piece for piece in _pieces() if piece.container == LINES)
    claims = Counter(damage(piece, chance).claim for damage in KINDS[LINES].values())

    assert claims[Claim.NOTHING] <= len(KINDS[LINES]) // 4
