"""Spans as columns: what every decoder produces, and the only thing that the dialect layer reads.

A decoder appends to `SpanBuilder`: plain lists, and of the attributes only those that some dialect wants.
`SpanBuilder.part()` turns what has been appended into Arrow, after some hundred spans: Python objects
that live longer than that leave the processor's cache, which makes reading half as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.telemetry.arrow import Ints, Mask, Texts, kept
from agenttrace.ingest.telemetry.ids import present_ids
from agenttrace.ingest.telemetry.names import WANTED
from agenttrace.ingest.telemetry.values import Scalar, column_of_texts, concatenated, instants
from agenttrace.ingest.text_columns import encoded

PART_ROWS = 512


@dataclass(frozen=True, slots=True)
class Attribute:
    """The values of one attribute, and the rows of the spans that have it, in any order.

    Of a span that has it several times the values are in their order.
    """

    rows: Ints
    values: Texts


@dataclass(slots=True)
class Events:
    """Span events of the kinds that are read. `details`: type of an exception, milliseconds to a chunk."""

    rows: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    details: list[Scalar] = field(default_factory=list)


@dataclass(slots=True)
class Links:
    """Span links, as far as they say which work waits for which. `own`: the attributes of ours, where there are."""

    rows: list[int] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    spans: list[str] = field(default_factory=list)
    follows: list[bool] = field(default_factory=list)
    own: list[Mapping[str, Scalar] | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where spans come from: their instrumentation scope, and the attributes of their resource."""

    scope: str
    resource: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans column by column. Ids are lower case, null where absent; a time of 0 is none.

    `name` is the position in `names` of each span's name.
    """

    trace_id: Texts
    span_id: Texts
    parent_id: Texts
    names: Sequence[str]
    name: NDArray[np.int32]
    start: Ints
    end: Ints
    status: NDArray[np.int8]
    origin: NDArray[np.int32]
    line: Ints
    attributes: Mapping[str, Attribute]
    events: Events
    links: Links

    def __len__(self) -> int:
        """Number of spans."""
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Part:
    """Spans as they were appended, or as a decoder made their columns at once. Absent ids are empty."""

    trace_id: Texts
    span_id: Texts
    parent_id: Texts
    name: Texts
    start: Ints
    end: Ints
    status: NDArray[np.int8]
    origin: NDArray[np.int32]
    line: Ints
    attributes: Mapping[str, Attribute]
    events: Events
    links: Links


def narrowed(spans: Spans, keep: Mask) -> Spans:
    """The marked spans only."""
    place = np.cumsum(keep) - 1
    attributes = {}
    for name, attribute in spans.attributes.items():
        here = keep[attribute.rows]
        attributes[name] = Attribute(place[attribute.rows[here]], kept(attribute.values, here))
    return Spans(
        trace_id=kept(spans.trace_id, keep),
        span_id=kept(spans.span_id, keep),
        parent_id=kept(spans.parent_id, keep),
        names=spans.names,
        name=spans.name[keep],
        start=spans.start[keep],
        end=spans.end[keep],
        status=spans.status[keep],
        origin=spans.origin[keep],
        line=spans.line[keep],
        attributes=attributes,
        events=_narrowed(Events(), spans.events, keep, place),
        links=_narrowed(Links(), spans.links, keep, place),
    )


_Side = TypeVar("_Side", Events, Links)


def _narrowed(empty: _Side, side: _Side, keep: Mask, place: Ints) -> _Side:
    kept = [index for index, row in enumerate(side.rows) if keep[row]]
    for each in fields(side):
        values = [getattr(side, each.name)[index] for index in kept]
        setattr(empty, each.name, values)
    empty.rows = [int(place[row]) for row in empty.rows]
    return empty


class SpanBuilder:
    """Spans under construction. The public lists are appended to directly: this is the hot path."""

    def __init__(self, column: Callable[[list[Any]], Texts]) -> None:
        """No spans yet. `column` makes a column of the attribute values that the decoder appends."""
        self._column = column
        self._parts: list[Part] = []
        self.rows = 0
        self.attribute_rows: list[list[int]] = [[] for _ in WANTED]
        self.attribute_values: list[list[Any]] = [[] for _ in WANTED]
        self._clear()

    def _clear(self) -> None:
        self.trace_id: list[str | None] = []
        self.span_id: list[str | None] = []
        self.parent_id: list[str | None] = []
        self.name: list[str | None] = []
        self.start: list[int] = []
        self.end: list[int] = []
        self.status: list[int] = []
        self.origin: list[int] = []
        self.line: list[int] = []
        self.events = Events()
        self.links = Links()

    @property
    def pending(self) -> int:
        """Spans appended since the last `part()`."""
        return len(self.line)

    def add(self, part: Part) -> None:
        """Appends spans that are columns already; their attributes' values as `column_of` makes them."""
        self.part()
        self.rows += len(part.line)
        self._parts.append(part)

    def part(self) -> None:
        """Turns what has been appended into Arrow."""
        if not self.line:
            return
        self.rows += len(self.line)
        self._parts.append(
            Part(
                trace_id=column_of_texts(self.trace_id),
                span_id=column_of_texts(self.span_id),
                parent_id=column_of_texts(self.parent_id),
                name=column_of_texts(self.name),
                start=instants(self.start),
                end=instants(self.end),
                status=np.array(self.status, dtype=np.int8),
                origin=np.array(self.origin, dtype=np.int32),
                line=np.array(self.line, dtype=np.int64),
                attributes=self._attributes(),
                events=self.events,
                links=self.links,
            )
        )
        self._clear()

    def _attributes(self) -> dict[str, Attribute]:
        found = {}
        for code, rows in enumerate(self.attribute_rows):
            if rows:
                values = self.attribute_values[code]
                found[WANTED[code]] = Attribute(np.array(rows, dtype=np.int64), self._column(values))
                self.attribute_rows[code], self.attribute_values[code] = [], []
        return found

    def take(self) -> Spans | None:
        """All spans since the last time, in order; None if there are none."""
        self.part()
        if not self._parts:
            return None
        parts, self._parts, self.rows = self._parts, [], 0
        return _joined(parts)


def _joined(parts: Sequence[Part]) -> Spans:
    starts = np.cumsum([0, *(len(part.line) for part in parts)])
    shifted = list(zip(parts, starts.tolist(), strict=False))
    present = {name for part in parts for name in part.attributes}
    names, name = encoded(pa.concat_arrays([part.name for part in parts]))
    return Spans(
        trace_id=present_ids(pa.concat_arrays([part.trace_id for part in parts])),
        span_id=present_ids(pa.concat_arrays([part.span_id for part in parts])),
        parent_id=present_ids(pa.concat_arrays([part.parent_id for part in parts])),
        names=[each or "" for each in names],
        name=name,
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        origin=np.concatenate([part.origin for part in parts]),
        line=np.concatenate([part.line for part in parts]),
        attributes={each: _joined_attribute(each, shifted) for each in WANTED if each in present},
        events=_joined_events(shifted),
        links=_joined_links(shifted),
    )


def _joined_attribute(name: str, shifted: Sequence[tuple[Part, int]]) -> Attribute:
    found = [(part.attributes[name], start) for part, start in shifted if name in part.attributes]
    return Attribute(
        np.concatenate([attribute.rows + start for attribute, start in found]),
        concatenated([attribute.values for attribute, _ in found]),
    )


def _joined_events(shifted: Sequence[tuple[Part, int]]) -> Events:
    joined = Events()
    for part, start in shifted:
        joined.rows += [row + start for row in part.events.rows]
        joined.names += part.events.names
        joined.times += part.events.times
        joined.details += part.events.details
    return joined


def _joined_links(shifted: Sequence[tuple[Part, int]]) -> Links:
    joined = Links()
    for part, start in shifted:
        joined.rows += [row + start for row in part.links.rows]
        joined.traces += part.links.traces
        joined.spans += part.links.spans
        joined.follows += part.links.follows
        joined.own += part.links.own
    return joined
