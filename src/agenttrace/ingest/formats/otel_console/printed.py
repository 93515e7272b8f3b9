"""What a program printed, cut into the objects that stand in it and the rest.

The exporter prints an object over many lines, of which the first is a bracket alone and the last one too; a
formatter of the program's own may print it on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from agenttrace.ingest.formats.otel_console.inspected import inspected
from agenttrace.ingest.json_text import BOM, parsed, parsed_parts

_BLANK = b" \t\r\0"
"""Zeros, too: they fill the end of a file that was not written whole."""

_OPENING = (b"{", b"[")
_CLOSING = frozenset({b"}", b"},", b"]", b"],"})
_ON_ONE_LINE = (b'{"', b"{'")
_OF_JSON = re.compile(rb'["{}\[\]\d]|-\d|true|false|null|-?Infinity|NaN')
_LONGEST_BYTES = 16 << 20
"""An object that is larger has lost its end."""


class Printed(NamedTuple):
    """An object, or None for what is none: other output, or an object that is `torn`.

    `whole`: no other line stood among its own.
    """

    line: int
    value: Any
    whole: bool = True
    torn: bool = False


def is_span(value: Any) -> bool:
    """An object of Python's exporter."""
    if not isinstance(value, dict) or "start_time" not in value or "parent_id" not in value:
        return False
    context = value.get("context")
    return isinstance(context, dict) and str(context.get("trace_id")).startswith("0x")


def is_node_span(value: Any) -> bool:
    """An object of Node's exporter."""
    return isinstance(value, dict) and value.keys() >= {"traceId", "id", "timestamp", "duration", "kind"}


def printed(lines: Iterable[tuple[int, bytes]]) -> Iterator[Printed]:
    """The objects in their order, each with its first line. One without an end is torn."""
    cutter = _Cutter()
    for number, raw in lines:
        line = (raw.removeprefix(BOM) if number == 1 else raw).strip(_BLANK)
        if cutter.held:
            yield from cutter.go_on(number, line)
        elif line == b"{":
            cutter.begin(number, [line])
        elif line:
            yield from _of_one_line(number, line)
        elif b"\0" in raw:
            yield Printed(number, None, torn=True)
    if cutter.held:
        yield Printed(cutter.began, None, torn=True)


class _Cutter:
    """The lines of an object that has no end yet, if there is one."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.began = self._depth = self._size_bytes = 0

    def begin(self, number: int, lines: list[bytes]) -> None:
        """Another object, of which these lines are there, each of which opens a bracket or none."""
        self.held, self.began = lines, number
        self._depth = sum(line.endswith(_OPENING) for line in lines)
        self._size_bytes = 0

    def go_on(self, number: int, line: bytes) -> Iterator[Printed]:
        """One more line, and the object if that ends it. None of an object's own lines begins a whole one."""
        if line.startswith(_ON_ONE_LINE):
            yield Printed(self.began, None, torn=True)
            self.held = []
            yield from _of_one_line(number, line)
            return
        self.held.append(line)
        self._depth += line.endswith(_OPENING) - (line in _CLOSING)
        self._size_bytes += len(line)
        if self._depth <= 0:
            yield _document(self.began, self.held)
            self.held = []
        elif self._size_bytes > _LONGEST_BYTES:
            yield Printed(self.began, None, torn=True)
            self.held = []
        elif head := _head_of_a_span(self.held):
            yield Printed(self.began, None, torn=True)
            self.begin(number - head + 1, self.held[-head:])


def _head_of_a_span(lines: list[bytes]) -> int:
    """How many of the last lines begin a span, in the midst of another whose end was lost; 0 if they do not."""
    if len(lines) > 2 and lines[-2] == b"{" and lines[-1].startswith(b"resource: {"):
        return 2
    if len(lines) > 3 and lines[-3] == b"{" and lines[-2].startswith(b'"name":'):
        return 3 if lines[-1] == b'"context": {' else 0
    return 0


def _of_one_line(number: int, line: bytes) -> Iterator[Printed]:
    """Several objects where their lines were joined."""
    values, whole = parsed_parts(line) if line[:1] == b"{" else ([], True)
    yield from (Printed(number, value) for value in values)
    if not whole or not values:
        yield Printed(number, None, torn=not whole)


def _document(line: int, held: list[bytes]) -> Printed:
    """What another thread printed in its midst is left out, if that makes it whole."""
    text = b"\n".join(held)
    value = parsed(text)
    if value is None and held[1][:1] not in (b'"', b"}"):
        value = inspected(text.decode(errors="replace"))
    if value is not None:
        return Printed(line, value)
    value = parsed(b"\n".join(each for each in held if _OF_JSON.match(each)))
    return Printed(line, value, torn=value is None, whole=value is None)
