"""Protobuf messages with values that no exporter means."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from damage_values import TEXTS

_INSTANTS = (0, 1, 10**9, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_INTEGERS = (0, -1, 2**31, 2**53, 2**63 - 1, -(2**63))
_DOUBLES = (0.0, -1.0, 1e308, -1e308, float("nan"), float("inf"), 5e-324)
_IDS = (b"", b"\0" * 8, b"\0" * 16, b"\xff" * 8, b"x", b"y" * 100)
_DEPTH = 40
_FIELDS: tuple[Literal["trace_id", "span_id", "name", "start_time_unix_nano", "end_time_unix_nano"], ...] = (
    "trace_id",
    "span_id",
    "name",
    "start_time_unix_nano",
    "end_time_unix_nano",
)


def change_message(message: bytes, chance: Random) -> bytes:
    """One resource with something changed in one of its spans, or around them."""
    resource = ResourceSpans.FromString(message)
    spans = [span for scope in resource.scope_spans for span in scope.spans]
    for _ in range(chance.choice([1, 1, 3])):
        chance.choice(_CHANGES)(chance.choice(spans), chance)
    return resource.SerializeToString() + chance.choice([b"", b"", b"\xfa\x07\x03abc", b"\x98\x06\x2a"])


def _change_instant(span: Span, chance: Random) -> None:
    name = chance.choice(["start_time_unix_nano", "end_time_unix_nano"])
    setattr(span, name, chance.choice(_INSTANTS))


def _change_id(span: Span, chance: Random) -> None:
    name = chance.choice(["trace_id", "span_id", "parent_span_id"])
    setattr(span, name, chance.choice([*_IDS, span.span_id, span.trace_id]))


def _change_name(span: Span, chance: Random) -> None:
    span.name = _sound(chance.choice(TEXTS))


def _change_rest(span: Span, chance: Random) -> None:
    span.dropped_attributes_count = chance.choice([0, 2**32 - 1])
    span.flags = chance.choice([0, 2**32 - 1])
    span.status.message = _sound(chance.choice(TEXTS))


def _change_attribute(span: Span, chance: Random) -> None:
    if not span.attributes:
        span.attributes.append(KeyValue(key="gen_ai.usage.input_tokens"))
    attribute = chance.choice(span.attributes)
    attribute.value.CopyFrom(_value(chance))


def _remove_attribute(span: Span, chance: Random) -> None:
    if span.attributes:
        del span.attributes[chance.randrange(len(span.attributes))]


def _repeat_attribute(span: Span, chance: Random) -> None:
    if span.attributes:
        again = span.attributes.add()
        again.key = chance.choice(span.attributes).key
        again.value.CopyFrom(_value(chance))


def _remove_field(span: Span, chance: Random) -> None:
    span.ClearField(chance.choice(_FIELDS))


def _add_events(span: Span, chance: Random) -> None:
    for _ in range(chance.choice([1, 300])):
        event = span.events.add()
        event.name = chance.choice(["First Token Stream Event", "gen_ai.request.attempt", "exception", ""])
        event.time_unix_nano = chance.choice([*_INSTANTS, span.start_time_unix_nano])


def _value(chance: Random) -> AnyValue:
    kinds: list[Callable[[], AnyValue]] = [
        AnyValue,
        lambda: AnyValue(int_value=chance.choice(_INTEGERS)),
        lambda: AnyValue(double_value=chance.choice(_DOUBLES)),
        lambda: AnyValue(bool_value=True),
        lambda: AnyValue(string_value=_sound(chance.choice(TEXTS))),
        lambda: AnyValue(bytes_value=b"\xff\0"),
        _nested,
    ]
    return chance.choice(kinds)()


def _nested() -> AnyValue:
    value = AnyValue(string_value="deep")
    for _ in range(_DEPTH):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


def _sound(text: str) -> str:
    return text.encode(errors="replace").decode()


_CHANGES: tuple[Callable[[Span, Random], None], ...] = (
    _change_instant,
    _change_id,
    _change_name,
    _change_rest,
    _change_attribute,
    _remove_attribute,
    _repeat_attribute,
    _remove_field,
    _add_events,
)
