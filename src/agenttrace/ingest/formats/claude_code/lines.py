"""The lines of a transcript as records, and a finding for each line that is damaged."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Decoder

from agenttrace.ingest.formats.claude_code.careful import CarefulReading, read_carefully
from agenttrace.ingest.formats.claude_code.records import DECODER, Record
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity


class _Named(Struct, gc=False, rename="camel"):
    """A record, as far as it says of which session it is."""

    session_id: str | None = None


_NAMER = Decoder(_Named)


def first_session(source: Source) -> str:
    """The session of the first record that names one; empty where none does."""
    for _, line in _sound_lines(source):
        try:
            session_id = _NAMER.decode(line).session_id
        except (ValueError, RecursionError):
            continue
        if session_id:
            return session_id
    return ""


def _sound_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    try:
        yield from source.lines()
    except DamagedEnd:
        return


def read_records(source: Source, recorder: Recorder) -> Iterator[tuple[int, Record]]:
    """(line, record) for each record; several on one line have its number in common."""
    decode = DECODER.decode
    torn: tuple[int, str] | None = None
    count = 0
    try:
        for number, line in source.lines():
            if torn is not None:
                _report_broken(recorder, *torn)
                torn = None
            try:
                record = decode(line)
            except (ValueError, RecursionError):
                reading = read_carefully(line)
                torn = _report(recorder, number, reading)
                count += len(reading.records)
                yield from ((number, record) for record in reading.records)
                continue
            count += 1
            yield number, record
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    if torn is not None:
        recorder.finding("torn_last_line", Severity.INFO, "the last line is cut off", line=torn[0])
    recorder.records += count


def _report(recorder: Recorder, number: int, reading: CarefulReading) -> tuple[int, str] | None:
    """Findings of a line read carefully; one that broke off is returned, for it may be the last."""
    if reading.not_an_object:
        recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=number)
    if len(reading.records) > 1:
        what = f"{len(reading.records)} records on one line"
        recorder.finding("joined_lines", Severity.INFO, what, line=number)
    if reading.odd_fields:
        shown = ", ".join(reading.odd_fields[:4])
        what = f"taken as missing, for they are of another type than expected: {shown}"
        recorder.finding("field_unusable", Severity.WARNING, what, line=number, count=len(reading.odd_fields))
    if reading.broken is not None:
        return number, reading.broken
    if len(reading.records) == 1 and not reading.odd_fields and not reading.not_an_object:
        recorder.finding("repaired_line", Severity.INFO, "not strictly JSON, but understood", line=number)
    return None


def _report_broken(recorder: Recorder, number: int, reason: str) -> None:
    recorder.finding("broken_line", Severity.WARNING, f"not JSON: {reason}", line=number)
