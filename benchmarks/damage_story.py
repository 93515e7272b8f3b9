"""Which rows of a story lie away from the records that were damaged, and so must be as before.

In a story (a transcript, a trajectory) a span lies between records, so that a record may decide the bounds of
those beside it. Rows are *beside* a damaged record if they were read from a record between the second request
before it and the second after it, or if their time overlaps with theirs (a turn, an agent). A record that
says what holds from there on (`_CARRIED`: the header, a model that is chosen, a branch; where there is no
clock, every length) is beside everything that follows, and so is a record that is missing where keys are
numbers in the order of records. The first record of a file is its header. What is told of sessions and agents
as a whole is not compared. Where a session is named after the first record that has a time (`_NAMING`), no
row is away from the records up to that one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

from damage_claims import Variant
from damage_ids import OWN_IDS
from damage_material import LINES, RECORDS, Piece
from damage_rows import Bags, Reading, without_lines
from damage_text_ids import ids_of

_NUMBERED = frozenset({"swe-agent", "mini-swe-agent", "openhands", "cline", "codex", "atif"})
"""Formats whose keys are numbers in the order of records."""

_CARRIED = {
    "swe-agent": re.compile(rb""),
    "codex": re.compile(rb"session_meta|turn_context|thread_|session_configured"),
    "gemini-cli": re.compile(rb"\$set|\$rewindTo|kind\""),
    "openhands": re.compile(rb"delegate"),
    "pi": re.compile(rb'"(?:session|model_change|branch_summary|compaction|label)"|parentId'),
}
_OF_A_TURN = {
    "codex": re.compile(rb"task_complete|turn_complete|turn_aborted"),
    "atif": re.compile(rb"subagent_trajectories"),
    "openhands": re.compile(rb"response_latencies|token_usages|usage_to_metrics"),
}
"""What says something of all that was before: of a turn, of the steps that began other agents."""

_NAMING = {"mini-swe-agent": re.compile(rb'"timestamp"')}

_LINES_TELL = frozenset({"openhands", "swe-agent", "mini-swe-agent", "cline", "opencode"})
"""Formats whose line numbers in a document are those of its records."""

_KEYS = ("span_key", "parent_key", "from_key", "to_key", "refers_to_key")
_TABLES = ("spans", "marks", "links", "prefixes")
_WORD = re.compile(r"[^:/@\s]+")
Row = dict[str, Any]


@dataclass(frozen=True)
class _Placed:
    """A span of the sound piece: which units it was read from, and when it was."""

    key: str
    request: bool
    units: frozenset[int]
    start: float
    end: float


class Beside:
    """The rows of readings of a piece, before and after, that are not beside what was damaged."""

    def __init__(self, piece: Piece, sound: Reading, found: Reading, variant: Variant) -> None:
        """`sound` is the reading of the whole piece, `found` that of what it became."""
        hit = set(variant.before)
        numbers = [number for number, unit in enumerate(piece.units) if unit in hit]
        spans = _placed(piece, sound)
        self._known = {span.key for span in spans}
        low, high = _window(piece, variant, numbers, spans)
        beside = [span for span in spans if not span.units or any(low <= n <= high for n in span.units)]
        start, end = min((s.start for s in beside), default=inf), max((s.end for s in beside), default=-inf)
        overlapping = [span for span in spans if span.start < end and span.end > start]
        self._beside = {span.key for span in [*beside, *overlapping]}
        if _last_longer(sound, found):
            self._beside |= {row["span_key"] for row in _rows(sound) if row["kind"] == "user_wait"}

    def of(self, bags: Bags) -> Bags:
        """Those of the rows, without their lines."""
        kept = {name: _kept(bags[name], self._beside, self._known) for name in _TABLES}
        return without_lines(kept)


def _rows(reading: Reading) -> list[Row]:
    return [dict(row) for row in reading.bags["spans"]]


def _last_longer(sound: Reading, found: Reading) -> bool:
    """Whether a span that lost its end seems to run on: while it does, nobody is known to wait for a person."""
    ends = {row["span_key"]: row.get("end_ns", inf) for row in _rows(sound)}
    return any(row.get("end_ns", inf) > ends.get(row["span_key"], inf) for row in _rows(found))


def _kept(bag: Counter[Any], beside: set[str], known: set[str]) -> Counter[Any]:
    """Rows whose keys were all there before, and are not beside what was hit."""
    found = Counter[Any]()
    for row, times in bag.items():
        keys = [value for name, value in row if name in _KEYS and value]
        if not any(key in beside or key not in known for key in keys):
            found[row] = times
    return found


def _window(piece: Piece, variant: Variant, numbers: list[int], spans: list[_Placed]) -> tuple[float, float]:
    """The first and the last unit that may show what happened to the units of these numbers."""
    if not numbers or numbers[0] <= _named_by(piece) or piece.container not in {LINES, RECORDS}:
        return -inf, inf
    places = sorted({number for span in spans if span.request for number in span.units})
    before, after = bisect_left(places, numbers[0]), bisect_right(places, numbers[-1])
    low = places[before - 2] if before >= 2 else -inf
    whole = _OF_A_TURN.get(piece.format)
    if whole and any(whole.search(unit) for unit in (*variant.before, *variant.after)):
        low = -inf
    high = places[after + 1] if after + 1 < len(places) else inf
    moved = piece.format in _NUMBERED and len(variant.before) != len(variant.after)
    carried = _CARRIED.get(piece.format)
    carries = carried and any(carried.search(unit) for unit in (*variant.before, *variant.after))
    return low, inf if moved or carries else high


@lru_cache(maxsize=8)
def _named_by(piece: Piece) -> int:
    """The number of the unit that names the session; 0 where it is not told by what it holds."""
    naming = _NAMING.get(piece.format)
    return next((n for n, unit in enumerate(piece.units) if naming and naming.search(unit)), 0)


@lru_cache(maxsize=8)
def _ids(piece: Piece) -> list[frozenset[str]]:
    return [frozenset(ids_of(unit, OWN_IDS[piece.format])) for unit in piece.units]


def _instant(row: Mapping[str, Any], names: Sequence[str], otherwise: float) -> float:
    return next((float(row[name]) for name in names if row.get(name) is not None), otherwise)


def _placed(piece: Piece, sound: Reading) -> list[_Placed]:
    return [
        _Placed(
            row["span_key"],
            row["kind"] == "request",
            _units_of(piece, row),
            _instant(row, ("start_ns", "end_ns"), -inf),
            _instant(row, ("end_ns",), inf),
        )
        for row in _rows(sound)
    ]


def _units_of(piece: Piece, row: Row) -> frozenset[int]:
    """By its line, or by the ids in its key; empty where neither tells."""
    if piece.container == LINES or piece.format in _LINES_TELL:
        number = row.get("line")
        return frozenset({number - 1}) if number else frozenset()
    words = set(_WORD.findall(row["span_key"])) | {row["span_key"].partition(":")[2]}
    return frozenset(number for number, ids in enumerate(_ids(piece)) if words & ids)
