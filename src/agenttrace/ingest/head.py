"""The beginning of an input, as formats look at it to tell whether the input is theirs.

Twenty formats look at every file of a folder: what they all need is worked out once, and only if one asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agenttrace.ingest.json_text import BOM, begins_document, first_line, parsed, salvaged

HEAD_BYTES = 1 << 16
_LINES = 64
_OBJECT = re.compile(rb"\s*\{")


@dataclass(frozen=True)
class Head:
    """The first 64 KiB of an input, decompressed; all of it where it is shorter.

    `footer`: of a Parquet file what tells its columns, which stands at its end. Behind a short SQLite database
    comes the beginning of its journal.
    """

    data: bytes
    footer: bytes = b""

    @property
    def _is_cut(self) -> bool:
        return len(self.data) >= HEAD_BYTES

    @cached_property
    def objects(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects that stand on a line each, among the first 64 lines."""
        values = (parsed(line) for line in self._lines if _OBJECT.match(line))
        return tuple(value for value in values if isinstance(value, dict))

    @cached_property
    def _lines(self) -> list[bytes]:
        """The first 64; without a last one that is cut off, for that it is no object takes long to find out."""
        lines = self.data.removeprefix(BOM).split(b"\n", _LINES)[:_LINES]
        if self._is_cut and lines[-1][-1:] != b"}":
            lines.pop()
        return lines

    @cached_property
    def lined(self) -> bool:
        """Whether it is nothing but `objects`, a line each, and what is left of another one that was cut off."""
        written = sum(not line.isspace() for line in self._lines if line)
        return 0 < written == len(self.objects) and len(self._lines) < _LINES

    @cached_property
    def document(self) -> Any:
        """The JSON value that begins here, as far as it goes, with what is open closed; None if there is none.

        A cut-off head ends where the last value in it was complete, so that keys that stand behind a long
        list are not seen.
        """
        text = self.data.removeprefix(BOM).lstrip()
        if text[:1] not in (b"{", b"["):
            return None
        if self.objects and not self._begins_document:
            return self.objects[0]
        value = None if self._is_cut and text[-1:] not in (b"}", b"]") else parsed(text)
        return value if value is not None else salvaged(text)[0]

    @cached_property
    def _begins_document(self) -> bool:
        return begins_document(self.data.removeprefix(BOM).lstrip())

    @cached_property
    def begins_torn(self) -> bool:
        """Whether the first line begins an object that does not end in it."""
        text = self.data.removeprefix(BOM).lstrip()
        if text[:1] != b"{":
            return False
        is_cut_off = self._is_cut and b"\n" not in text and text[-1:] != b"}"
        return is_cut_off or parsed(first_line(text)) is None

    @cached_property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The objects of the list that the document is, or the document itself, or the objects of its lines."""
        found = self.document
        if isinstance(found, list):
            return tuple(item for item in found if isinstance(item, dict))
        if len(self.objects) > 1 and not self._begins_document:
            return self.objects
        return (found,) if isinstance(found, dict) else self.objects

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all `items` together: where none of a format's own is among them, none of its records is."""
        return frozenset().union(*self.items)
