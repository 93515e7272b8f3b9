"""The lines of a transcript as records, and a finding for each line that is damaged."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Decoder

from agenttrace.ingest.formats.claude_code.careful import CarefulReading, read_carefully
from agenttrace.ingest.formats.claude_code.documents import is_document, lines_of
from agenttrace.ingest.formats.claude_code.records import DECODER, Record
from agenttrace.ingest.lines import refuse_endless
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity


class _Named(Struct, gc=False, rename="camel"):
    """A record, as far as it says of which session it is."""

    session_id: str | None = None


_BRACE = ord("{")
_NAMER = Decoder(_Named)
_BLOCK_BYTES = 1 << 17
"""What is made of a block of this size stays in a processor's cache while it is looked at; of twice as much it does
not, and larger ones cost more than their reading."""


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
    if is_document(source.head.data):
        yield from enumerate(lines_of(source, Recorder()), 1)
        return
    try:
        yield from source.lines(_BLOCK_BYTES)
    except DamagedEnd:
        return


def read_records(source: Source, recorder: Recorder) -> Iterator[tuple[int, list[Record]]]:
    """Records that stand on lines that follow each other, with the number of the first of these lines.

    Blocks of sound lines are decoded at once. What the decoder refuses, and what is not one record on each
    line, is read line by line.
    """
    lines = _Lines(recorder)
    try:
        for block in _blocks(source, recorder):
            found = _decoded(block)
            if found is None:
                yield from lines.read_carefully(block)
            else:
                yield lines.next_number(len(found)), found
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    lines.finish()


def _blocks(source: Source, recorder: Recorder) -> Iterator[bytes]:
    """Whole lines, some at a time; the last one may lack its end."""
    if is_document(source.head.data):
        yield from lines_of(source, recorder)
        return
    rest: list[bytes] = []
    for block in source.blocks(_BLOCK_BYTES):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, memoryview(block)[:cut]])
            rest = []
        rest.append(block[cut:])
        refuse_endless(sum(map(len, rest)), source.path)
    if last := b"".join(rest):
        yield last


def _decoded(block: bytes) -> list[Record] | None:
    """None if there is not exactly one record on each line."""
    try:
        records = DECODER.decode_lines(block)
    except (ValueError, RecursionError):
        return None
    return records if len(records) == _count_lines(block) else None


def _count_lines(block: bytes) -> int:
    """How many lines there are; -1 if one of them, as a blank one, does not begin with a record."""
    count = begin = 0
    while begin < len(block):
        if block[begin] != _BRACE:
            return -1
        count += 1
        end = block.find(b"\n", begin)
        begin = end + 1 if end >= 0 else len(block)
    return count


class _Lines:
    """Numbers lines, and reads those that are not sound."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._number = 0
        self._torn: tuple[int, str] | None = None

    def next_number(self, count: int) -> int:
        """The number of the first of so many sound lines."""
        self._report_torn()
        self._recorder.records += count
        self._number += count
        return self._number - count + 1

    def read_carefully(self, block: bytes) -> Iterator[tuple[int, list[Record]]]:
        """Each line by itself."""
        *lines, last = block.split(b"\n")
        for line in [*lines, last] if last else lines:
            self._number += 1
            if line := line.strip(b"\r \t"):
                self._report_torn()
                records = self._read_line(line)
                self._recorder.records += len(records)
                for record in records:
                    yield self._number, [record]

    def _read_line(self, line: bytes) -> list[Record]:
        try:
            return [DECODER.decode(line)]
        except (ValueError, RecursionError):
            reading = read_carefully(line)
            self._torn = _report(self._recorder, self._number, reading)
            return reading.records

    def _report_torn(self) -> None:
        """A line that broke off, and is not the last one."""
        if self._torn is not None:
            _report_broken(self._recorder, *self._torn)
            self._torn = None

    def finish(self) -> None:
        """A last line may be cut off: whoever writes it has not finished."""
        if self._torn is not None:
            what = "the last line is cut off"
            self._recorder.finding("torn_last_line", Severity.INFO, what, line=self._torn[0])


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
