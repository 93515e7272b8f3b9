"""Attributes of a block in columns of their own: which one has which column, the block's `meta.json` tells.

It lists the attributes by scope and type; the first of a scope and type has the first column, and so on. Versions 3
and 4 keep nothing with options. (tempodb/backend/block_meta.go, tempodb/encoding/vparquet*/dedicated_columns.go)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.json_text import parsed

Record = dict[str, Any]

RESOURCE, SPAN, EVENT = "resource", "span", "event"
_COLUMNS = {"string": ("String", "stringValue"), "int": ("Int", "intValue")}
_KINDS = tuple(_COLUMNS.values())
_WITHOUT_OPTIONS = ("vParquet3", "vParquet4")
_MOST = 99


class Dedicated:
    """The names of the columns of one block."""

    def __init__(self, meta: bytes | None) -> None:
        """As the block's description has them. None: there is no description."""
        self.unnamed = 0
        self._names: dict[str, dict[str, str]] = {}
        value = parsed(meta) if meta is not None else None
        described = value if isinstance(value, dict) else {}
        listed, plain = described.get("dedicatedColumns"), described.get("format") in _WITHOUT_OPTIONS
        used: Counter[tuple[str, str]] = Counter()
        for column in listed if isinstance(listed, list) else ():
            if isinstance(column, dict) and not (plain and column.get("o")):
                self._name(column, used)

    def _name(self, column: Mapping[str, Any], used: Counter[tuple[str, str]]) -> None:
        name, scope, kind = column.get("n"), column.get("s") or SPAN, column.get("t") or "string"
        if not (isinstance(name, str) and isinstance(scope, str) and isinstance(kind, str)):
            return
        if kind in _COLUMNS and used[scope, kind] < _MOST:
            used[scope, kind] += 1
            self._names.setdefault(scope, {})[f"{_COLUMNS[kind][0]}{used[scope, kind]:02}"] = name

    def attributes(self, owner: Mapping[str, Any], scope: str) -> list[Record]:
        """Those of a resource, a span or an event; a value whose column has no name is counted."""
        columns, names = owner.get("DedicatedAttributes"), self._names.get(scope, {})
        found = []
        for column, value in columns.items() if isinstance(columns, dict) else ():
            told = _value(column, value)
            if told is None:
                continue
            if column in names:
                found.append({"key": names[column], "value": told})
            else:
                self.unnamed += 1
        return found


def _value(column: str, value: Any) -> Record | None:
    """A list of them in version 5, of one where it is no array."""
    kind = next((kind for begin, kind in _KINDS if column.startswith(begin)), None)
    values = value if isinstance(value, list) else [value]
    told = [{kind: one} for one in values if isinstance(one, (str, int))] if kind is not None else []
    if not told:
        return None
    return told[0] if len(told) == 1 else {"arrayValue": {"values": told}}
