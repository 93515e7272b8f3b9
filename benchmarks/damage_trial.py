"""Damaged traces put through the whole house, and what went wrong there.

Each is made, written to a file, recognised and read; its rows are held against those of the sound trace. What
follows is left to `damage_house`, for many at once.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agenttrace.errors import AgentTraceError, UnknownFormatError
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.head import HEAD_BYTES
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from damage_claims import Claim, Variant
from damage_house import Read, put_through
from damage_ids import SESSIONS, STORIES
from damage_kinds import make_variant
from damage_material import LINES, Piece, piece_of
from damage_outcome import Outcome, faults_told, limited
from damage_rows import (
    Apart,
    Bags,
    Reading,
    as_sets,
    difference,
    read_raw,
    read_rows,
    requests_of,
    rows_of,
    trace_rows,
    without_lines,
)
from damage_sessions import OtherSessions
from damage_story import Beside

EXIT_CODES = frozenset({0, 2, 3, 4})
"""0 fine, 2 cannot be read, 3 nothing to analyse, 4 parse errors under --strict; 1 is for gates."""

_GREEDY_KB = 600 << 10


@dataclass(frozen=True)
class Limits:
    """`begin` is told of every case before it is read, and None before they all go on together."""

    case_s: float
    command_s: float
    command_every: int = 0
    begin: Callable[[int | None], None] = lambda _: None


def variant_of(pieces: list[Piece], seed: int, index: int) -> tuple[Piece, str, Variant]:
    """The case of that number: the same, whoever asks."""
    piece, chance = piece_of(pieces, seed, index)
    return piece, *make_variant(piece, chance)


def try_cases(
    pieces: list[Piece], seed: int, indices: Sequence[int], path: Path, limits: Limits
) -> list[Outcome]:
    """Each variant is written to `path` and read; then all go through the rest of the house."""
    outcomes, read = [], []
    for index in indices:
        limits.begin(index)
        outcome, raw = _read_case(pieces, seed, index, path, limits)
        outcomes.append(outcome)
        read += [Read(outcome, raw)] if raw else []
    limits.begin(None)
    put_through(read, limits.case_s)
    return outcomes


def _read_case(
    pieces: list[Piece], seed: int, index: int, path: Path, limits: Limits
) -> tuple[Outcome, ReadSource | None]:
    started = time.perf_counter()
    piece, kind, variant = variant_of(pieces, seed, index)
    outcome = Outcome(index, f"{piece.format} {piece.container}", kind)
    path.write_bytes(variant.content)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read: ReadSource | None = None
    with limited(limits.case_s, outcome.problems):
        read = _read(path, outcome)
        as_before = read if read and read.format == piece.format else None
        _check_rows(piece, variant, as_before, outcome)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    if grown_kb > _GREEDY_KB:
        outcome.problems.append(("memory", f"{grown_kb >> 10} MB more for {len(variant.content)} bytes"))
    outcome.seconds = time.perf_counter() - started
    if limits.command_every and index % limits.command_every == 0:
        try_command(path, outcome, limits.command_s)
    return outcome, read


def _read(path: Path, outcome: Outcome) -> ReadSource | None:
    """What the command does before assembly, in this process. None where nothing can be read."""
    try:
        with faults_told(outcome.problems):
            source, recorder = Source(str(path)), Recorder()
            chosen = recognise(source)
            chosen.read(source, recorder)
            return ReadSource(source.path, chosen.id, source.stored_bytes, recorder.trace())
    except AgentTraceError as error:
        outcome.refused, outcome.unknown = True, isinstance(error, UnknownFormatError)
        if error.exit_code not in EXIT_CODES:
            outcome.problems.append(("exit code", str(error.exit_code)))
    return None


def _check_rows(piece: Piece, variant: Variant, read: ReadSource | None, outcome: Outcome) -> None:
    if variant.claim is Claim.NOTHING:
        return
    expected = variant.against or piece.content
    try:
        with faults_told(outcome.problems):
            sound = _sound(expected, piece.format)
            found = rows_of(read.raw) if read else read_rows(variant.content, piece.format)
            changed, outcome.compared = _compare(piece, variant, sound, found)
            if changed:
                outcome.problems.append(("rows", f"{variant.claim.value}: {changed}"))
            if variant.claim is Claim.SAME_TRACE:
                _check_trace(piece, variant, read, outcome)
            if variant.loud and not found.findings - sound.findings:
                outcome.problems.append(("rows", "a line was lost without a finding"))
            if outcome.unknown and _could_be_known(piece, variant) and not _refused(expected, piece.format):
                outcome.problems.append(("rows", "no format claims it, though most of it is sound"))
    except AgentTraceError as error:
        if not _refused(expected, piece.format):
            outcome.problems.append(("rows", f"refused, though most of it is sound: {error}"))


def _could_be_known(piece: Piece, variant: Variant) -> bool:
    """Formats are told by the head of a file: a unit that is sound, and not behind a break, must be in it."""
    head = variant.content[:HEAD_BYTES]
    return any(unit in head for unit in piece.units if unit not in variant.before)


def _check_trace(piece: Piece, variant: Variant, read: ReadSource | None, outcome: Outcome) -> None:
    a = _assembled(variant.against or piece.content, piece.format)
    b = trace_rows(assemble([read or _read_of(variant.content, piece.format)]))
    if changed := difference(a, b):
        outcome.problems.append(("rows", f"assembled: {changed}"))
    outcome.compared = _total(a)


@lru_cache(maxsize=8)
def _assembled(content: bytes, format_id: str) -> Bags:
    return trace_rows(assemble([_read_of(content, format_id)]))


def _read_of(content: bytes, format_id: str) -> ReadSource:
    return ReadSource("piece", format_id, len(content), read_raw(content, format_id))


def _compare(piece: Piece, variant: Variant, sound: Reading, found: Reading) -> tuple[str, int]:
    """The difference in words, and how many rows were compared."""
    a, b = sound.bags, found.bags
    if variant.claim is Claim.SAME_TRACE:
        return "", 0
    if variant.claim is Claim.SAME and (piece.format == "otlp" or piece.container != LINES):
        a, b = without_lines(a), without_lines(b)  # a file of one line is a document, which counts records
    elif variant.claim is Claim.SAME_SET:
        a, b = as_sets(a), as_sets(b)
    elif variant.claim is Claim.UNMOVED:
        a, b = requests_of(a), requests_of(b)
    elif variant.claim is Claim.APART and piece.format in SESSIONS:
        others = OtherSessions(piece, sound, found, variant)
        a, b = others.of(a), others.of(b)
    elif variant.claim is Claim.APART and piece.format in STORIES:
        beside = Beside(piece, sound, found, variant)
        a, b = beside.of(a), beside.of(b)
    elif variant.claim is Claim.APART:
        apart = Apart(piece, variant.before, variant.after)
        a, b = apart.of(a, _lines_before(piece, variant)), apart.of(b, _lines_after(piece, variant))
    return difference(a, b), _total(a)


def _lines_before(piece: Piece, variant: Variant) -> frozenset[int]:
    """The lines that were hit; in telemetry a line holds many spans, which are told apart by id alone."""
    if piece.format == "otlp" or piece.container != LINES:
        return frozenset()
    return frozenset(number for number, unit in enumerate(piece.units, start=1) if unit in variant.before)


def _lines_after(piece: Piece, variant: Variant) -> frozenset[int]:
    if piece.format == "otlp" or piece.container != LINES:
        return frozenset()
    sound = set(piece.units)
    lines = variant.content.split(b"\n")
    return frozenset(number for number, line in enumerate(lines, start=1) if line not in sound)


def _total(bags: Bags) -> int:
    return sum(bag.total() for bag in without_lines(bags).values())


@lru_cache(maxsize=8)
def _sound(content: bytes, format_id: str) -> Reading:
    return read_rows(content, format_id)


@lru_cache(maxsize=8)
def _refused(content: bytes, format_id: str) -> bool:
    """Whether even the sound file holds nothing to analyse."""
    try:
        return not read_rows(content, format_id).bags["spans"]
    except AgentTraceError:
        return True


def try_command(path: Path, outcome: Outcome, limit_s: float) -> None:
    """The same file through the real command."""
    command = [sys.executable, "-m", "agenttrace", "analyze", str(path), "--format", "json"]
    if outcome.index % 3 == 0:
        command[-3] = "-"
    with path.open("rb") as stdin:
        try:
            done = subprocess.run(command, stdin=stdin, capture_output=True, check=False, timeout=limit_s)
        except subprocess.TimeoutExpired:
            outcome.problems.append(("hang", f"the command took more than {limit_s} s"))
            return
    errors = done.stderr.decode(errors="replace")
    if "Traceback" in errors or "internal error" in errors:
        outcome.problems.append(("traceback", errors))
    if done.returncode not in EXIT_CODES:
        outcome.problems.append(("exit code", f"{done.returncode}: {errors[-300:]}"))
    if done.returncode == 0:
        json.loads(done.stdout)
    elif done.stdout:
        outcome.problems.append(("exit code", f"{done.returncode}, and yet something on stdout"))
