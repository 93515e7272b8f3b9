"""L9: what is damaged is survived, and said; what is sound stays as it was. `make damage` tries more."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from damage_claims import Claim, Variant
from damage_house import Read, put_through, with_own_keys
from damage_ids import SESSIONS
from damage_kinds import KINDS
from damage_material import LINES, SAMPLES, Piece, cut_pieces, sample_files
from damage_outcome import Outcome
from damage_rows import Apart, Bags, difference, read_raw, read_rows
from damage_sessions import OtherSessions
from damage_tables import row_of, rows_in
from damage_values import paths

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


@pytest.mark.parametrize("format_id", sorted(SESSIONS))
def test_sessions_that_no_damaged_line_is_of_are_compared_and_a_change_in_them_is_noticed(
    format_id: str,
) -> None:
    piece = cut_pieces(sample_files(), 1, SEED, [format_id])[0]
    sound = read_rows(piece.content, format_id)
    hit = piece.units[-1]
    others = OtherSessions(piece, sound, sound, Variant(piece.content, Claim.APART, before=(hit,)))
    kept = others.of(sound.bags)
    without = piece.holding([unit for unit in piece.units[1:-1] if unit != hit])

    assert 0 < kept["spans"].total() < sound.bags["spans"].total()
    assert difference(kept, others.of(read_rows(without, format_id).bags))


@pytest.mark.parametrize(("format_id", "name"), [("phoenix", "data-frame.json"), ("logfire", "columns.json")])
def test_rows_of_a_table_by_columns_are_told_apart(format_id: str, name: str) -> None:
    content = (SAMPLES / format_id / name).read_bytes()
    document = json.loads(content)
    read = {dict(row)["span_key"] for row in read_rows(content, format_id).bags["spans"]}
    rows = rows_in(document)
    spans = {place: row_of(place) for place in paths(document) if len(place) > 1 and row_of(place) in rows}

    assert len(rows) >= len(read) > 5
    assert set(spans.values()) == set(rows)


def test_traces_put_through_together_give_what_each_gives_alone() -> None:
    """But for queue and prefill, which are parted by what other sessions show of the server."""
    pieces = cut_pieces(sample_files(), 29, SEED)
    sources = [_source(piece) for piece in pieces]
    together = analyze(assemble([with_own_keys(number, source) for number, source in enumerate(sources)]))
    alone = [analyze(assemble([source])) for source in sources]
    columns = [
        name for name in together.sessions.columns if name.startswith(("wall", "purpose", "path_tool"))
    ]
    rows = [row for each in alone for row in each.sessions.select(columns).rows()]

    assert len(rows) > len(pieces) // 2
    assert sorted(map(repr, together.sessions.select(columns).rows())) == sorted(map(repr, rows))


def _source(piece: Piece) -> ReadSource:
    return ReadSource("piece", piece.format, len(piece.content), read_raw(piece.content, piece.format))


def test_a_fault_in_one_of_many_is_told_of_that_one() -> None:
    sources = [_source(piece) for piece in cut_pieces(sample_files(), 6, SEED, ["dynamo"])]
    raw = sources[3].raw
    sources[3] = replace(sources[3], raw=replace(raw, spans=raw.spans.drop_columns(["kind"])))
    cases = [Read(Outcome(number, "dynamo", "none"), source) for number, source in enumerate(sources)]

    put_through(cases, 60)

    assert [case.outcome.index for case in cases if case.outcome.problems] == [3]
    assert cases[3].outcome.problems[0][0] == "traceback"
