"""Tables as text: a row of names, then a row for each record, cells quoted where they hold more than a word."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator

from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import JsonObject
from agenttrace.ingest.lines import LONGEST_LINE_BYTES, refuse_endless
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_LONGEST_CELL = LONGEST_LINE_BYTES
_MARK = "\ufeff"


def columns_of(head: Head) -> frozenset[str]:
    """The names in the first line, if it is one of several with commas; none of anything else."""
    if head.data[:1] in (b"{", b"["):
        return frozenset()
    first, ended, _ = head.data.partition(b"\n")
    text = first.decode(errors="replace").removeprefix(_MARK).strip()
    if not ended or "," not in text or text[:1] in ("{", "["):
        return frozenset()
    try:
        return frozenset(next(csv.reader([text]), ()))
    except csv.Error:  # a carriage return in the middle: no line of a table
        return frozenset()


def read_rows(source: Source, recorder: Recorder) -> Iterator[JsonObject]:
    """Each record with the line it begins on; a cell is text, and an empty one is left out.

    A row of more or fewer cells than there are names is damaged, and is told as a finding: where a quote is lost,
    the rows up to the next one are lost with it. Whoever takes a record counts it in `recorder.records`.
    """
    csv.field_size_limit(_LONGEST_CELL)
    names: list[str] | None = None
    for line, cells, whole in _rows(source, recorder):
        if names is None:
            names = cells
        elif len(cells) == len(names):
            yield JsonObject(line, {name: cell for name, cell in zip(names, cells, strict=True) if cell})
        elif whole:
            what = f"{len(cells)} cells under {len(names)} names: left out"
            _lose(recorder, "broken_row", Severity.WARNING, what, line)
        else:
            _lose(recorder, "torn_last_line", Severity.INFO, "the last row is cut off", line)


def _rows(source: Source, recorder: Recorder) -> Iterator[tuple[int, list[str], bool]]:
    """(line, cells, whether more followed) of each row that is not empty."""
    reader = csv.reader(_lines(source, recorder))
    before: tuple[int, list[str]] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            _lose(recorder, "broken_row", Severity.WARNING, f"not a row of a table: {error}", line)
            continue
        if cells:
            if before is not None:
                yield *before, True
            before = line, cells
    if before is not None:
        yield *before, False


def _lines(source: Source, recorder: Recorder) -> Iterator[str]:
    """The text line by line with its ends, which may stand inside a cell."""
    pieces: list[str] = []
    size = 0
    for text in _texts(source, recorder):
        *ended, rest = text.split("\n")
        for line in ended:
            yield f"{''.join(pieces)}{line}\n"
            pieces, size = [], 0
        pieces.append(rest)
        size += len(rest)
        refuse_endless(size, source.path)
    if size:
        yield "".join(pieces)


def _texts(source: Source, recorder: Recorder) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    try:
        yield from _decoded(source.blocks(), decoder)
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    yield decoder.decode(b"", final=True)


def _decoded(blocks: Iterable[bytes], decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    for block in blocks:
        yield decoder.decode(block)


def _lose(recorder: Recorder, code: str, severity: Severity, what: str, line: int) -> None:
    recorder.records += 1
    recorder.finding(code, severity, what, line=line)
