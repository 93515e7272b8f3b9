"""Spans one at a time, from containers whose speed does not matter beside their variety."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agenttrace.ingest.telemetry.events import EVENT_DETAILS
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.names import BACKGROUND, CLOCK_SHIFT, code_of
from agenttrace.ingest.telemetry.values import Scalar

OK, FAILED = 1, 2
CLIENT, SERVER, PRODUCER, CONSUMER = "client", "server", "producer", "consumer"
"""Kinds of spans that have another side; a span of another kind has none."""


@dataclass(frozen=True, slots=True)
class PlainEvent:
    """Something that happened in a span; times are Unix nanoseconds, 0 for unknown."""

    name: str
    t_ns: int
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlainLink:
    """Another span that this one refers to; `follows`: the link says that it came after that one.

    `own`: what the link says in attributes of ours.
    """

    trace_id: str
    span_id: str
    follows: bool = False
    own: Mapping[str, Scalar] | None = None


@dataclass(frozen=True, slots=True)
class PlainSpan:
    """A span as its container has it. Unix nanoseconds, 0 for unknown; `status`: 0, OK or FAILED.

    Attributes are flat: nested ones come as JSON text, or with dots in their names where a dialect does so.
    `kind` is the side of a call that it is, "" for neither. `background`: its parent does not wait for it.
    `clock_shift_ns`: what was added to its times because its clock differs; they count as estimated then.
    """

    trace_id: str | None
    span_id: str | None
    parent_id: str | None
    name: str | None
    start_ns: int
    end_ns: int
    status: int = 0
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    events: Sequence[PlainEvent] = ()
    links: Sequence[PlainLink] = ()
    scope: str = ""
    resource: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    background: bool = False
    clock_shift_ns: int = 0

    @property
    def service(self) -> str:
        """The service that recorded it, "" if unknown."""
        return self.resource.get("service.name", "")


def add_span(intake: Intake, span: PlainSpan, line: int) -> None:
    """Hands one span to the intake (made with `values.column_of`). `line`: its line, or its number."""
    builder = intake.builder
    row = builder.pending
    builder.trace_id.append(span.trace_id)
    builder.span_id.append(span.span_id)
    builder.parent_id.append(span.parent_id)
    builder.name.append(span.name)
    builder.start.append(span.start_ns)
    builder.end.append(span.end_ns)
    builder.status.append(span.status)
    builder.origin.append(intake.origin(span.scope, span.resource))
    builder.line.append(line)
    for name, value in _told(span).items():
        code = code_of(name)
        if code >= 0 and value is not None:
            builder.attribute_rows[code].append(row)
            builder.attribute_values[code].append(value)
    for event in span.events:
        if (detail := EVENT_DETAILS.get(event.name)) is not None:
            builder.events.rows.append(row)
            builder.events.names.append(event.name)
            builder.events.times.append(event.t_ns)
            builder.events.details.append(event.attributes.get(detail))
    for link in span.links:
        builder.links.rows.append(row)
        builder.links.traces.append(link.trace_id)
        builder.links.spans.append(link.span_id)
        builder.links.follows.append(link.follows)
        builder.links.own.append(link.own)
    intake.advance(1)


def _told(span: PlainSpan) -> Mapping[str, Scalar]:
    """Its attributes, and what the dialect layer learns of the container by attributes of our own."""
    own: dict[str, Scalar] = {}
    if span.background:
        own[BACKGROUND] = True
    if span.clock_shift_ns:
        own[CLOCK_SHIFT] = span.clock_shift_ns
    return {**span.attributes, **own} if own else span.attributes
