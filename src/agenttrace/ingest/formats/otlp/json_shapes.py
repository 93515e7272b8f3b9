"""Attributes of spans taken in one sweep for all spans that have the same keys in the same order.

A program writes spans of few kinds, each with its keys: what is to be done with each place is found out once for
a kind, and then its values are taken from all of its spans at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from agenttrace.ingest.formats.otlp.json_messages import CodedAttribute, SpanAttribute
from agenttrace.ingest.telemetry.spans import SpanBuilder

Shape: TypeAlias = tuple[type, ...]
_MOST_LAYOUTS = 4_096
_value = attrgetter("value")


class Shapes:
    """Attributes on their way to a builder: held until `flush`, which is due before the builder makes a part."""

    def __init__(self, builder: SpanBuilder) -> None:
        """Nothing held yet."""
        self._builder = builder
        self._held: dict[Shape, tuple[list[int], list[Sequence[SpanAttribute]]]] = {}
        self._layouts: dict[Shape, list[tuple[int, int]]] = {}

    def add(self, row: int, spans: Iterable[Sequence[SpanAttribute] | None]) -> None:
        """The attributes of spans from that row on. Each key has a type of its own, but for those read carefully."""
        held = self._held
        for attributes in spans:
            if attributes:
                shape = tuple(map(type, attributes))
                if shape in held:
                    rows, same = held[shape]
                    rows.append(row)
                    same.append(attributes)
                elif CodedAttribute in shape:
                    self._add_coded(row, attributes)
                else:
                    held[shape] = ([row], [attributes])
            row += 1

    def _add_coded(self, row: int, attributes: Sequence[SpanAttribute]) -> None:
        for attribute in attributes:
            if attribute.code >= 0:
                self._builder.attribute_rows[attribute.code].append(row)
                self._builder.attribute_values[attribute.code].append(attribute.value)

    def flush(self) -> None:
        """Hands everything over."""
        all_rows, all_values = self._builder.attribute_rows, self._builder.attribute_values
        for shape, (rows, spans) in self._held.items():
            columns: Any = list(zip(*spans, strict=True))
            for place, code in self._layout(shape):
                all_rows[code] += rows
                all_values[code] += map(_value, columns[place])
        self._held = {}

    def _layout(self, shape: Shape) -> list[tuple[int, int]]:
        """The places of what somebody wants, each with its position in WANTED."""
        layout = self._layouts.get(shape)
        if layout is None:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            codes = [kind.code for kind in shape]  # type: ignore[attr-defined]
            layout = [(place, code) for place, code in enumerate(codes) if code >= 0]
            self._layouts[shape] = layout
        return layout
