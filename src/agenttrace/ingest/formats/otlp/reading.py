"""Which container a source is, how it is cut, and who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from agenttrace.ingest.cycles import cycles_unsought
from agenttrace.ingest.formats.otlp.framing import Framing, unpacked
from agenttrace.ingest.formats.otlp.json_columns import take_spans
from agenttrace.ingest.formats.otlp.json_messages import value_column
from agenttrace.ingest.formats.otlp.json_pieces import Piece, document_pieces, has_lines, line_pieces
from agenttrace.ingest.formats.otlp.json_reading import JsonReading
from agenttrace.ingest.formats.otlp.protobuf_batches import Batch, batches, frames
from agenttrace.ingest.formats.otlp.sniffing import framed_json, framing_of, is_json
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.slices import SLICE_BYTES, Slice, slices_of
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.ingest.telemetry.intake import Intake, Left
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class Documents:
    """Some JSON documents, or parts of one, without lines."""

    pieces: tuple[Piece, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Batches:
    """Some protobuf batches."""

    batches: tuple[Batch, ...]
    numbered: bool = False


OtlpSlice: TypeAlias = Slice | Documents | Batches


def otlp_slices(source: Source) -> Iterator[OtlpSlice]:
    """A source of any container, in slices. After a damaged end, what was good is followed by `DamagedEnd`."""
    head = source.head.data
    framing = None if is_json(head) else framing_of(head) or _guessed(head)
    packed = framed_json(head)
    if packed is not None:
        yield from _documents(_framed(source, packed))
    elif framing is not None:
        yield from _batches(batches(source, framing))
    elif has_lines(source):
        yield from slices_of(source)
    else:
        yield from _documents(document_pieces(source))


def read_otlp_slice(piece: OtlpSlice, recorder: Recorder) -> Left:
    """Records a slice."""
    intake = Intake(recorder, column_of if isinstance(piece, Batches) else value_column)
    with cycles_unsought():
        if isinstance(piece, Batches):
            _read_protobuf(piece, intake)
        elif isinstance(piece, Documents):
            JsonReading(intake).read(piece.pieces)
        elif not take_spans(piece, intake):
            JsonReading(intake).read(line_pieces(piece.lines(), piece.path))
        return intake.leave()


def settle_otlp(left: Iterable[tuple[Left, int]], damage: DamagedEnd | None, recorder: Recorder) -> None:
    """Records what only the whole source tells."""
    intake = Intake(recorder, column_of)
    for each, lines_before in left:
        intake.absorb(each, lines_before)
    if damage is not None:
        what = f"the compressed content ends in damage: {damage}"
        recorder.finding("damaged_end", Severity.WARNING, what)
    intake.finish()


def _read_protobuf(piece: Batches, intake: Intake) -> None:
    """The stock parser is loaded only for those who need it."""
    from agenttrace.ingest.formats.otlp.protobuf_reading import ProtobufReading  # noqa: PLC0415

    ProtobufReading(intake).read(piece.batches)


def _guessed(head: bytes) -> Framing | None:
    """Whether content that is said to be OTLP, but damaged where it begins, is rather JSON than protobuf."""
    is_text = head.lstrip()[:1] in (b"", b"{", b"[") or b'"resource' in head
    return None if is_text else Framing.PLAIN


def _framed(source: Source, framing: Framing) -> Iterator[Piece]:
    for frame in frames(source, framing):
        yield Piece(unpacked(frame.data), None, frame.torn)


def _documents(pieces: Iterable[Piece]) -> Iterator[Documents]:
    held: list[Piece] = []
    size = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece.text)
            if size >= SLICE_BYTES:
                yield Documents(tuple(held))
                held, size = [], 0
    except DamagedEnd:
        yield Documents(tuple(held))
        raise
    yield Documents(tuple(held))


def _batches(found: Iterable[Batch]) -> Iterator[Batches]:
    held: list[Batch] = []
    size = 0
    try:
        for batch in found:
            held.append(batch)
            size += len(batch.data)
            if size >= SLICE_BYTES:
                yield Batches(tuple(held))
                held, size = [], 0
    except DamagedEnd:
        yield Batches(tuple(held))
        raise
    yield Batches(tuple(held))
