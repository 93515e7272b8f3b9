"""Small pieces of sound traces, to be damaged: a slice of 30 to 200 lines, or one small document.

A piece is a list of units. A unit is what damage can be confined to: a line of a file of lines, a record in
the list of records that a document is or has, the message of one resource in a protobuf file; the whole of
any other document.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import DamagedEnd, Source
from damage_copies import copied, varied
from damage_ids import SESSIONS, SPANS, STORIES
from damage_lists import around, record_lists, values_of
from telemetry_forms import batches, documents, framed, json_line, to_protobuf

LINES, RECORDS, DOCUMENT, FRAMES = "lines", "records", "document", "frames"
_BINARY = (b"SQLite format 3", b"PAR1")
_OF_NODE = b"\n  traceId: '"
"""What is not told in JSON: the tests of the formats damage it."""

_PRINTED = re.compile(rb"^\{\n.*?^\}$", re.MULTILINE | re.DOTALL)
_MOST = 80
_AS_IT_IS = 0.3
Value = Any
"""What stands in a document: of any type."""

SAMPLES = Path(__file__).resolve().parents[1] / "sample_traces"


@dataclass(frozen=True)
class Piece:
    """A sound trace. `name` says where it was cut from; `start` and `end` stand around the records."""

    name: str
    format: str
    container: str
    units: tuple[bytes, ...]
    start: bytes = b""
    end: bytes = b""
    between: bytes = b","

    @property
    def content(self) -> bytes:
        """The file."""
        return self.holding(self.units)

    def holding(self, units: Sequence[bytes]) -> bytes:
        """The same file with other units."""
        if self.container == RECORDS:
            return self.start + self.between.join(units) + self.end
        return joined(self.container, units)


@dataclass(frozen=True)
class _Whole:
    """A file that pieces are cut from."""

    name: str
    format: str
    content: bytes


def joined(container: str, units: Sequence[bytes]) -> bytes:
    """A file of those units."""
    if container == LINES:
        return b"".join(unit + b"\n" for unit in units)
    if container == FRAMES:
        return b"".join(framed(unit) for unit in units)
    return b"".join(units)


def sample_files() -> list[Path]:
    """Everything in the repository's samples; what is no trace is left out when it is looked at."""
    return [path for path in sorted(SAMPLES.rglob("*")) if path.is_file()]


def cut_pieces(
    files: Sequence[Path], count: int, seed: int, formats: Sequence[str] | None = None
) -> list[Piece]:
    """`count` pieces, as many of each format (of `formats` only); the same arguments give the same ones."""
    chance = Random(f"pieces:{seed}")
    by_format: dict[str, list[_Whole]] = {}
    for path in files:
        if whole := _opened(path):
            by_format.setdefault(whole.format, []).append(whole)
    known = sorted(by_format.keys() & set(formats) if formats else by_format)
    return [_cut(chance.choice(by_format[known[number % len(known)]]), chance) for number in range(count)]


def piece_of(pieces: Sequence[Piece], seed: int, index: int) -> tuple[Piece, Random]:
    """The piece of the case of that number, and the chance that decides the rest of it."""
    chance = Random(f"{seed}:{index}")
    return chance.choice(pieces), chance


def _opened(path: Path) -> _Whole | None:
    """A file that some format claims; None for all others, and for tables, whose first line tells the columns."""
    if path.suffix == ".csv":
        return None
    source = Source(str(path))
    try:
        chosen = recognise(source).id
        content = b"".join(source.blocks())
    except (AgentTraceError, DamagedEnd):
        return None
    if chosen not in _CUTTERS or content.startswith(_BINARY) or _OF_NODE in content:
        return None
    return _Whole(path.name, chosen, content)


def _cut(whole: _Whole, chance: Random) -> Piece:
    return _CUTTERS[whole.format](whole, chance)


def _cut_lines(whole: _Whole, chance: Random) -> Piece:
    lines = [line for line in whole.content.split(b"\n") if line.strip()]
    size = min(len(lines), chance.randint(30, 200))
    start = chance.randint(0, len(lines) - size)
    name = f"{whole.name}:{start + 1}-{start + size}"
    return Piece(name, whole.format, LINES, tuple(lines[start : start + size]))


def _cut_telemetry(whole: _Whole, chance: Random) -> Piece:
    """As a document, as lines, as protobuf: from whatever it was stored as."""
    container = chance.choice([LINES, LINES, DOCUMENT, FRAMES])
    parts = list(batches(documents(whole.content), chance.randint(3, 12)))
    if container == FRAMES:
        parts = [part for part in parts if part[0] == "resourceSpans"] or parts
    size = min(len(parts), chance.randint(8, 20))
    start = chance.randint(0, len(parts) - size)
    chosen = parts[start : start + size]
    name = f"{whole.name}:{container}:{start}-{start + size}"
    if container == LINES or chosen[0][0] != "resourceSpans":
        units = tuple(json_line(signal, resource) for signal, resource in chosen)
        return Piece(name, whole.format, LINES, units)
    if container == FRAMES:
        return Piece(name, whole.format, FRAMES, tuple(to_protobuf(resource) for _, resource in chosen))
    merged: dict[str, list[Any]] = {}
    for signal, resource in chosen:
        merged.setdefault(signal, []).append(resource)
    return Piece(name, whole.format, DOCUMENT, (json.dumps(merged).encode(),))


def _cut_story(whole: _Whole, chance: Random) -> Piece:
    """Lines from the first on: what they mean is said there."""
    lines = [line for line in whole.content.split(b"\n") if line.strip()]
    units = tuple(lines[: chance.randint(min(30, len(lines)), min(200, len(lines)))])
    return Piece(f"{whole.name}:1-{len(units)}", whole.format, LINES, units)


def _cut_own(whole: _Whole, chance: Random) -> Piece:
    """What the format's files are: lines, values one after the other, or one document."""
    values = values_of(whole.content)
    if len(values) == 1:
        return _cut_document(whole, values[0], chance)
    if b"\n{\n" in whole.content:
        units = tuple(json.dumps(value, indent=2).encode() for value in values)
        return Piece(whole.name, whole.format, RECORDS, units, between=b"\n")
    if whole.format in SPANS:
        lines = [line for line in whole.content.split(b"\n") if line.strip()][:_MOST]
        units = copied(lines, whole.format, chance.randint(2, 5))
        return Piece(whole.name, whole.format, LINES, units)
    return _cut_story(whole, chance)


def _cut_printed(whole: _Whole, chance: Random) -> Piece:
    """Each on a line, or over many."""
    texts = _PRINTED.findall(whole.content) or whole.content.split(b"\n")
    lines = [json.dumps(json.loads(text)).encode() for text in texts if text]
    units = copied(lines, whole.format, chance.randint(2, 5))
    if texts[0][:2] == b"{\n":
        laid_out = tuple(json.dumps(json.loads(unit), indent=4).encode() for unit in units)
        return Piece(whole.name, whole.format, RECORDS, laid_out, between=b"\n")
    return Piece(whole.name, whole.format, LINES, units)


def _cut_document(whole: _Whole, document: Value, chance: Random) -> Piece:
    places = record_lists(document, whole.format)
    if not places:
        return Piece(whole.name, whole.format, DOCUMENT, (json.dumps(document).encode(),))
    path = chance.choice(places)
    start, records, end = around(document, path)
    name = f"{whole.name}:{'/'.join(map(str, path))}"
    units = tuple(json.dumps(record).encode() for record in records[:_MOST])
    if whole.format in SPANS:
        units = copied(units, whole.format, chance.randint(2, 5))
    return Piece(name, whole.format, RECORDS, units, start, end)


def _cut_sessions(whole: _Whole, chance: Random) -> Piece:
    """The lines, or the document as one, several times over."""
    lines = [json.dumps(value).encode() for value in values_of(whole.content)]
    units = varied(lines, whole.format, chance.randint(3, 6))
    return Piece(whole.name, whole.format, LINES, units)


def _cut_tempo(whole: _Whole, chance: Random) -> Piece:
    """Batches of a span or two with readable ids, several times over; as it was, if not."""
    document = json.loads(whole.content)
    if chance.random() < _AS_IT_IS:
        return Piece(whole.name, whole.format, DOCUMENT, (whole.content,))
    key = "batches" if "batches" in document else "resourceSpans"
    held = {"resourceSpans": document.get("batches") or document["trace"]["resourceSpans"]}
    parts = [_with_readable_ids(part) for _, part in batches([held], chance.randint(1, 2))]
    units = copied([json.dumps(part).encode() for part in parts], whole.format, chance.randint(2, 4))
    start, end = ("{", "}") if key == "batches" else ('{"trace": {', "}}")
    return Piece(whole.name, whole.format, RECORDS, units, f'{start}"{key}": ['.encode(), f"]{end}".encode())


def _with_readable_ids(batch: dict[str, Any]) -> dict[str, Any]:
    """In hexadecimal, as OTLP has them."""
    for scope in batch["scopeSpans"]:
        for span in scope["spans"]:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in span:
                    span[name] = b64decode(span[name]).hex()
    return batch


_CUTTERS: dict[str, Callable[[_Whole, Random], Piece]] = {
    "dynamo": _cut_lines,
    "claude-code": _cut_lines,
    "otlp": _cut_telemetry,
    **dict.fromkeys(SPANS | STORIES, _cut_own),
    **dict.fromkeys(SESSIONS, _cut_sessions),
    "tempo": _cut_tempo,
    "otel-console": _cut_printed,
}
