"""One damaged trace put through the whole house, and what went wrong there.

Problems have a category: `traceback` (an exception that is no AgentTraceError), `hang`, `exit code` (not in
the table of the contracts), `law` (a partition does not sum to the wall time, or the segments do not tile
it), `rows` (rows of sound lines changed, or a line was lost without a finding), `memory`.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from types import FrameType

import polars as pl

from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.errors import AgentTraceError, UnknownFormatError
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.head import HEAD_BYTES
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.reading import read
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.report.output_format import OutputFormat
from agenttrace.report.rendering import Manner, render
from damage_claims import Claim, Variant
from damage_ids import STORIES
from damage_kinds import make_variant
from damage_material import LINES, Piece, piece_of
from damage_rows import (
    Apart,
    Bags,
    Reading,
    as_sets,
    difference,
    read_rows,
    requests_of,
    rows_of,
    trace_rows,
    without_lines,
)
from damage_story import Beside

CATEGORIES = ("traceback", "hang", "exit code", "law", "rows", "memory")
EXIT_CODES = frozenset({0, 2, 3, 4})
"""0 fine, 2 cannot be read, 3 nothing to analyse, 4 parse errors under --strict; 1 is for gates."""

_PARTITIONS = {"path": Phase, "purpose": Purpose, "evidence": Evidence}
_SHARE_OF_OTHER_FORMATS = 0.3
_GREEDY_KB = 600 << 10


class HangError(BaseException):
    """It took too long; no exception that anybody catches by accident."""


@dataclass
class Outcome:
    """What came of one case. `unknown`: no format claimed it.

    `compared`: how many rows of sound lines were held against those before.
    """

    index: int
    format: str
    kind: str
    refused: bool = False
    unknown: bool = False
    compared: int = 0
    seconds: float = 0.0
    problems: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises HangError inside when the time is over."""

    def stop(_: int, frame: FrameType | None) -> None:
        place = "".join(traceback.format_stack(frame, limit=6)) if frame else ""
        raise HangError(f"more than {seconds} s\n{place}")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def variant_of(pieces: list[Piece], seed: int, index: int) -> tuple[Piece, str, Variant]:
    """The case of that number: the same, whoever asks."""
    piece, chance = piece_of(pieces, seed, index)
    return piece, *make_variant(piece, chance)


def try_case(pieces: list[Piece], seed: int, index: int, path: Path, limit_s: float) -> Outcome:
    """Makes the variant, writes it to `path`, and puts it through the house."""
    piece, kind, variant = variant_of(pieces, seed, index)
    outcome = Outcome(index, f"{piece.format} {piece.container}", kind)
    path.write_bytes(variant.content)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with limited(limit_s):
            raw = _run(path, piece.format, outcome, Random(index))
            _check_rows(piece, variant, path, raw, outcome)
    except HangError as hang:
        outcome.problems.append(("hang", str(hang)))
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    if grown_kb > _GREEDY_KB:
        outcome.problems.append(("memory", f"{grown_kb >> 10} MB more for {len(variant.content)} bytes"))
    return outcome


@contextmanager
def _looking_for_faults(outcome: Outcome) -> Iterator[None]:
    """Whatever is raised inside but for an AgentTraceError is what is looked for."""
    try:
        yield
    except (AgentTraceError, HangError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001  # panics of Rust libraries are no Exceptions
        outcome.problems.append(("traceback", traceback.format_exc()))


def _run(path: Path, format_id: str, outcome: Outcome, chance: Random) -> RawTrace | None:
    """What the command does, in this process. What was read, if it was as that format."""
    raw: RawTrace | None = None
    try:
        with _looking_for_faults(outcome):
            source, recorder = Source(str(path)), Recorder()
            chosen = recognise(source)
            chosen.read(source, recorder)
            found = recorder.trace()
            raw = found if chosen.id == format_id else None
            analysis = analyze(assemble([ReadSource(source.path, chosen.id, source.stored_bytes, found)]))
            outcome.problems += [("law", text) for text in broken_laws(analysis)]
            if not analysis.sessions.is_empty():
                _render(analysis, chance)
    except AgentTraceError as error:
        outcome.refused, outcome.unknown = True, isinstance(error, UnknownFormatError)
        if error.exit_code not in EXIT_CODES:
            outcome.problems.append(("exit code", str(error.exit_code)))
    return raw


def _render(analysis: Analysis, chance: Random) -> None:
    json.loads(b"".join(map(_bytes, render(analysis, OutputFormat.JSON, Manner()))))
    if chance.random() > _SHARE_OF_OTHER_FORMATS:
        return
    other = chance.choice([known for known in OutputFormat if known is not OutputFormat.JSON])
    for part in render(analysis, other, Manner(color=chance.random() < 0.5)):
        _bytes(part)


def _bytes(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode()


def broken_laws(analysis: Analysis) -> list[str]:
    """The partitions of every session, and the tiling of its wall time."""
    sessions = analysis.sessions
    broken = []
    for prefix, words in _PARTITIONS.items():
        columns = [f"{prefix}_{word.value}_ns" for word in words]
        off = sessions.filter(
            (pl.sum_horizontal(columns) != pl.col("wall_ns")) | (pl.min_horizontal(columns) < 0)
        )
        if not off.is_empty():
            broken.append(f"{prefix} does not sum to the wall time: {off.select('wall_ns', *columns).row(0)}")
    if not sessions.filter(pl.col("end_ns") - pl.col("start_ns") != pl.col("wall_ns")).is_empty():
        broken.append("wall_ns is not end_ns - start_ns")
    return broken + _gaps(analysis)


def _gaps(analysis: Analysis) -> list[str]:
    ordered = analysis.segments.sort("session", "start_ns", "end_ns")
    before = ordered.with_columns(before=pl.col("end_ns").shift(1).over("session")).drop_nulls("before")
    outer = ordered.group_by("session").agg(pl.col("start_ns").min(), pl.col("end_ns").max()).sort("session")
    whole = analysis.sessions.filter(pl.col("wall_ns") > 0).select("session", "start_ns", "end_ns")
    if not before.filter(pl.col("before") != pl.col("start_ns")).is_empty():
        return ["segments overlap or leave a gap"]
    if outer.rows() != whole.sort("session").rows():
        return ["segments do not begin and end where their session does"]
    return []


def _check_rows(piece: Piece, variant: Variant, path: Path, raw: RawTrace | None, outcome: Outcome) -> None:
    if variant.claim is Claim.NOTHING:
        return
    expected = variant.against or piece.content
    try:
        with _looking_for_faults(outcome):
            sound = _sound(expected, piece.format)
            found = rows_of(raw) if raw else read_rows(variant.content, piece.format)
            changed, outcome.compared = _compare(piece, variant, sound, found)
            if changed:
                outcome.problems.append(("rows", f"{variant.claim.value}: {changed}"))
            if variant.claim is Claim.SAME_TRACE:
                _check_trace(path, expected, outcome)
            if variant.loud and not found.findings - sound.findings:
                outcome.problems.append(("rows", "a line was lost without a finding"))
            if outcome.unknown and _could_be_known(piece, variant) and not _refused(expected, piece.format):
                outcome.problems.append(("rows", "no format claims it, though most of it is sound"))
    except AgentTraceError as error:
        if not _refused(expected, piece.format):
            outcome.problems.append(("rows", f"refused, though most of it is sound: {error}"))


def _could_be_known(piece: Piece, variant: Variant) -> bool:
    """Formats are told by the head of a file: a sound unit must be in it."""
    head = variant.content[:HEAD_BYTES]
    return any(unit in head for unit in piece.units)


def _check_trace(path: Path, expected: bytes, outcome: Outcome) -> None:
    other = path.with_name("expected")
    other.write_bytes(expected)
    a, b = trace_rows(read([other])), trace_rows(read([path]))
    if changed := difference(a, b):
        outcome.problems.append(("rows", f"assembled: {changed}"))
    outcome.compared = _total(a)


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
    elif variant.claim is Claim.APART and piece.format in STORIES:
        beside = Beside(piece, sound, variant)
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
