"""The lines of a transcript as records, and a finding for each line that is damaged.

Blocks of whole lines are decoded at once where each line is one object, as it should be; any other block
is read line by line, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from agenttrace.ingest.formats.claude_code.careful import CarefulReading, read_carefully
from agenttrace.ingest.formats.claude_code.records import DECODER, Record
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_NEWLINE = b"\n"
_BETWEEN_OBJECTS = b"}\n{"
_SPACE = b"\r \t"


def read_records(source: Source, recorder: Recorder) -> Iterator[tuple[int, Record]]:
    """(line, record) for each record; several on one line have its number in common."""
    lines = _Lines(recorder)
    try:
        for block in _whole_lines(source):
            yield from lines.read(block)
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    lines.finish()


def _whole_lines(source: Source) -> Iterator[bytes]:
    """Blocks that end where a line ends; the last one where the content does, or where its damage begins."""
    rest: list[bytes] = []
    damage: DamagedEnd | None = None
    try:
        for block in source.blocks(1 << 18):
            cut = block.rfind(_NEWLINE) + 1
            if cut:
                yield b"".join((*rest, block[:cut]))
                rest = [block[cut:]]
            else:
                rest.append(block)
    except DamagedEnd as error:
        damage = error
    if last := b"".join(rest):
        yield last
    if damage is not None:
        raise damage


class _Lines:
    """Reads blocks in order; a line that broke off is reported when it is known whether it was the last."""

    def __init__(self, recorder: Recorder) -> None:
        """Before the first line."""
        self._recorder = recorder
        self._before = 0
        self._torn: tuple[int, str] | None = None

    def read(self, block: bytes) -> Iterator[tuple[int, Record]]:
        """The records of a block of whole lines."""
        first = self._before + 1
        lines = block.count(_NEWLINE) + (not block.endswith(_NEWLINE))
        self._before += lines
        if block.count(_BETWEEN_OBJECTS) == lines - 1:
            try:
                records = DECODER.decode_lines(block)
            except (ValueError, RecursionError):
                records = []
            if len(records) == lines:
                self._report_broken()
                self._recorder.records += lines
                return zip(range(first, first + lines), records, strict=True)
        numbered = enumerate(block.split(_NEWLINE), first)
        return chain.from_iterable(self._read_line(number, line.strip(_SPACE)) for number, line in numbered)

    def finish(self) -> None:
        """After the last line."""
        if self._torn is not None:
            what = "the last line is cut off"
            self._recorder.finding("torn_last_line", Severity.INFO, what, line=self._torn[0])

    def _read_line(self, number: int, line: bytes) -> list[tuple[int, Record]]:
        if not line:
            return []
        self._report_broken()
        try:
            records = [DECODER.decode(line)]
        except (ValueError, RecursionError):
            reading = read_carefully(line)
            self._report(number, reading)
            records = reading.records
        self._recorder.records += len(records)
        return [(number, record) for record in records]

    def _report(self, number: int, reading: CarefulReading) -> None:
        finding = self._recorder.finding
        if reading.not_an_object:
            finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=number)
        if len(reading.records) > 1:
            what = f"{len(reading.records)} records on one line"
            finding("joined_lines", Severity.INFO, what, line=number)
        if reading.odd_fields:
            shown = ", ".join(reading.odd_fields[:4])
            what = f"taken as missing, for they are of another type than expected: {shown}"
            finding("field_unusable", Severity.WARNING, what, line=number, count=len(reading.odd_fields))
        if reading.broken is not None:
            self._torn = number, reading.broken
        elif len(reading.records) == 1 and not reading.odd_fields and not reading.not_an_object:
            finding("repaired_line", Severity.INFO, "not strictly JSON, but understood", line=number)

    def _report_broken(self) -> None:
        if self._torn is not None:
            number, reason = self._torn
            self._torn = None
            self._recorder.finding("broken_line", Severity.WARNING, f"not JSON: {reason}", line=number)
