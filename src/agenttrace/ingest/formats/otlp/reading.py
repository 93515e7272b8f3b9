"""Which container a source is, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.ingest.cycles import cycles_unsought
from agenttrace.ingest.formats.otlp.framing import Framing, unpacked
from agenttrace.ingest.formats.otlp.json_messages import value_column
from agenttrace.ingest.formats.otlp.json_pieces import Piece, pieces
from agenttrace.ingest.formats.otlp.json_reading import JsonReading
from agenttrace.ingest.formats.otlp.protobuf_batches import batches, frames
from agenttrace.ingest.formats.otlp.sniffing import framed_json, framing_of, is_json
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


def read_otlp(source: Source, recorder: Recorder) -> None:
    """Records all of a source."""
    head = source.head.data
    framing = None if is_json(head) else framing_of(head) or _guessed(head)
    packed = framed_json(head)
    intake = Intake(recorder, column_of if packed is None and framing is not None else value_column)
    with cycles_unsought():
        try:
            if packed is not None:
                JsonReading(intake).read(_framed(source, packed))
            elif framing is None:
                JsonReading(intake).read(pieces(source))
            else:
                _read_protobuf(source, framing, intake)
        except DamagedEnd as error:
            what = f"the compressed content ends in damage: {error}"
            recorder.finding("damaged_end", Severity.WARNING, what)
        intake.finish()


def _read_protobuf(source: Source, framing: Framing, intake: Intake) -> None:
    """The stock parser is loaded only for those who need it."""
    from agenttrace.ingest.formats.otlp.protobuf_reading import ProtobufReading  # noqa: PLC0415

    ProtobufReading(intake).read(batches(source, framing))


def _guessed(head: bytes) -> Framing | None:
    """Whether content that is said to be OTLP, but damaged where it begins, is rather JSON than protobuf."""
    is_text = head.lstrip()[:1] in (b"", b"{", b"[") or b'"resource' in head
    return None if is_text else Framing.PLAIN


def _framed(source: Source, framing: Framing) -> Iterator[Piece]:
    for frame in frames(source, framing):
        yield Piece(unpacked(frame.data), None, frame.torn)
