"""The JSON values of an input: one document, or one in each line, with a finding for whatever is damaged.

For formats whose files are small beside their meaning. What is read in bulk has a reader of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agenttrace.ingest.json_text import BOM, begins_document, parsed, parsed_parts, salvaged
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

LARGEST_DOCUMENT_BYTES = 512 << 20
"""A single JSON document beyond this is refused: it is held in memory whole."""

_FIRST_LINES = 8


class JsonValue(NamedTuple):
    """A value, and its line (1 for a document of many lines)."""

    line: int
    value: Any


def read_lines(source: Source, recorder: Recorder) -> Iterator[JsonValue]:
    """The value of each line; a torn last line is told from a broken one."""
    broken: int | None = None
    try:
        for number, line in source.lines():
            if broken is not None:
                recorder.finding("broken_line", Severity.WARNING, "not JSON: left out", line=broken)
                broken = None
            values, whole = parsed_parts(line.removeprefix(BOM))
            if not values:
                broken = number
            else:
                _tell_joined(recorder, number, len(values), whole=whole)
            for value in values:
                recorder.records += 1
                yield JsonValue(number, value)
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    if broken is not None:
        recorder.finding("torn_last_line", Severity.INFO, "the last line is cut off", line=broken)


def _tell_joined(recorder: Recorder, line: int, values: int, *, whole: bool) -> None:
    if not whole:
        what = "not JSON behind what was read: left out"
        recorder.finding("broken_line", Severity.WARNING, what, line=line)
    if values > 1:
        recorder.finding("joined_lines", Severity.INFO, f"{values} values on one line", line=line)


def read_document(source: Source, recorder: Recorder) -> Any:
    """The one value of an input, or as much of it as is complete; None if there is nothing.

    Raises:
        InputError: the document is too large to be held in memory.
    """
    text = _whole(source, recorder).removeprefix(BOM).strip()
    value = parsed(text)
    if value is not None or not text:
        return value
    value, line = salvaged(text)
    if value is not None:
        what = "a document that is cut off or broken: read as far as it is complete"
        recorder.finding("torn_document", Severity.WARNING, what, line=line)
        return value
    recorder.finding("broken_document", Severity.ERROR, "not JSON, and nothing in it is complete", line=1)
    return None


def read_values(source: Source, recorder: Recorder) -> Iterator[JsonValue]:
    """The values of lines where the first line is one, else the one document.

    `recorder.records` counts the values of lines; of a document the format counts what it calls a record.
    """
    if has_lines(source):
        yield from read_lines(source, recorder)
    elif (value := read_document(source, recorder)) is not None:
        yield JsonValue(1, value)


def has_lines(source: Source) -> bool:
    """Several lines, of which one of the first is an object or a list by itself. A bracket alone is none."""
    complete = 0
    if begins_document(source.head.data.removeprefix(BOM)):
        return False
    try:
        for number, line in source.lines():
            if number > _FIRST_LINES:
                break
            complete += isinstance(parsed(line.removeprefix(BOM)), dict | list)
            if complete and number > 1:
                return True
    except DamagedEnd:
        pass
    return False


def _whole(source: Source, recorder: Recorder) -> bytes:
    text = bytearray()
    try:
        hint = "export it as JSON lines, or in several files"
        for block in source.blocks_held(LARGEST_DOCUMENT_BYTES, "one JSON document", hint):
            text += block
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    return bytes(text)
