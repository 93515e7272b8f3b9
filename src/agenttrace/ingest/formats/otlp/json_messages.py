"""OTLP/JSON as typed messages: msgspec decodes a document straight into the fields that are read.

Attributes are most of a document, and most of them nobody wants. So an attribute is decoded as a tagged
union over its key: a wanted key has a type with a value, an unwanted one a type without, whose value is
skipped and never becomes an object. The keys of a file are not known in advance; a document with a new one
is refused, its keys are learnt, and it is decoded again.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol, cast

import msgspec

from agenttrace.ingest.telemetry.arrow import Texts
from agenttrace.ingest.telemetry.names import RESOURCE, WANTED, code_of
from agenttrace.ingest.telemetry.values import Scalar, column_of, column_of_texts, json_text

KEY_LIMIT = 5_000
"""Distinct attribute keys that a file may have before it is read in the careful way."""

_KEPT_KEYS = 1_000

NOTHING = msgspec.Raw()
"""In the place of what is not there."""

_NO_VALUE = (NOTHING, msgspec.Raw(b"null"))
_OF_RESOURCE = frozenset(RESOURCE)


class Message(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    """Base of the messages: camelCase in JSON, unknown fields ignored, absent ones left out."""


class Value(Message):
    """An AnyValue. At most one field is set."""

    string_value: str | None = None
    int_value: int | None = None
    double_value: float | None = None
    bool_value: bool | None = None
    bytes_value: str | None = None
    array_value: msgspec.Raw = NOTHING
    kvlist_value: msgspec.Raw = NOTHING


class SpanAttribute(Protocol):
    """An attribute of a span: `code` is its position in WANTED, -1 if nobody wants it."""

    code: int
    value: Value | None


class CodedAttribute(Message):
    """An attribute of a span whose key has been looked up already."""

    code: int
    value: Value | None = None


class NamedAttribute(Message):
    """An attribute of anything but a span."""

    key: str = ""
    value: Value | None = None


class Status(Message):
    """How a span ended: 0 unset, 1 ok, 2 error, or the name of it."""

    code: int | str | None = None


class Event(Message):
    """Something at an instant of a span."""

    name: str | None = None
    time_unix_nano: int | None = None
    attributes: msgspec.Raw = NOTHING


class Link(Message):
    """Another span that a span has to do with."""

    trace_id: str | None = None
    span_id: str | None = None
    attributes: msgspec.Raw = NOTHING


class Span(Message):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: int | None = None
    end_time_unix_nano: int | None = None
    attributes: list[Any] | None = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    status: Status | None = None
    dropped_attributes_count: int | None = None
    dropped_events_count: int | None = None
    dropped_links_count: int | None = None


class LogRecord(Message):
    """A log record."""

    time_unix_nano: int | None = None
    observed_time_unix_nano: int | None = None
    trace_id: str | None = None
    body: Value | None = None
    attributes: list[NamedAttribute] | None = None
    event_name: str | None = None


class Resource(Message):
    """What sent the telemetry."""

    attributes: list[NamedAttribute] | None = None


class Scope(Message):
    """The library that made it."""

    name: str | None = None


class ScopeSpans(Message):
    """Spans of one scope; before 2022 a scope was called an instrumentation library."""

    scope: Scope | None = None
    instrumentation_library: Scope | None = None
    spans: list[Span] | None = None


class ScopeLogs(Message):
    """Log records of one scope."""

    scope: Scope | None = None
    instrumentation_library: Scope | None = None
    log_records: list[LogRecord] | None = None
    logs: list[LogRecord] | None = None


class ResourceData(Message):
    """Spans or log records of one resource."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None
    instrumentation_library_spans: list[ScopeSpans] | None = None
    scope_logs: list[ScopeLogs] | None = None
    instrumentation_library_logs: list[ScopeLogs] | None = None


class Document(ResourceData):
    """A document: a batch of any signal, or the content of a batch without its cover."""

    resource_spans: list[ResourceData] | None = None
    resource_logs: list[ResourceData] | None = None
    resource_metrics: list[msgspec.Raw] | None = None


class _Key(Message):
    key: str


class _KeyedSpan(Message):
    attributes: list[_Key] | None = None


class Decoder:
    """Decodes documents of one file; what it learns of its keys makes the next document faster."""

    def __init__(self) -> None:
        """Knows the wanted keys."""
        self._types = {key: _attribute_type(key) for key in WANTED}
        self._keys = msgspec.json.Decoder(_document_type(_KeyedSpan), strict=False)
        self._build()

    def _build(self) -> None:
        attribute = functools.reduce(operator.or_, self._types.values())
        span = msgspec.defstruct(
            "Span",
            [("attributes", list[attribute] | None, None)],  # type: ignore[valid-type]
            bases=(Span,),
            gc=False,
            rename="camel",
        )
        self._documents = msgspec.json.Decoder(_document_type(span), strict=False)

    @property
    def known_keys(self) -> int:
        """How many keys it knows, wanted ones too."""
        return len(self._types)

    def decode(self, data: bytes) -> Document:
        """The document, or the exceptions of msgspec: broken, or of other types than the standard has."""
        try:
            return cast("Document", self._documents.decode(data))
        except msgspec.ValidationError:
            if not self._learn(data):
                raise
            return cast("Document", self._documents.decode(data))

    def _learn(self, data: bytes) -> bool:
        keys = _span_keys(cast("Document", self._keys.decode(data)))
        new = sorted(keys - self._types.keys())
        if not new or len(self._types) + len(new) > KEY_LIMIT:
            return False
        self._types |= {key: _attribute_type(key) for key in new}
        self._build()
        return True


@functools.cache
def _kept() -> Decoder:
    return Decoder()


def experienced_decoder() -> Decoder:
    """A decoder that knows the keys of what this process has read before, as long as they are few.

    Files come in slices, and folders are full of files with the same keys.
    """
    if _kept().known_keys > _KEPT_KEYS:
        _kept.cache_clear()
    return _kept()


def _attribute_type(key: str) -> Any:
    code = code_of(key)
    fields: list[Any] = [("value", Value | None, None)] if code >= 0 else []
    return msgspec.defstruct(
        "Attribute", fields, tag_field="key", tag=key, gc=False, namespace={"code": code}
    )


def _document_type(span: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The types from document to span, for spans of this type."""

    def derived(base: type[msgspec.Struct], names: Sequence[str], item: Any) -> Any:
        fields = [(name, list[item] | None, None) for name in names]
        return msgspec.defstruct(base.__name__, fields, bases=(base,), gc=False, rename="camel")

    scope_spans = derived(ScopeSpans, ["spans"], span)
    groups = ["scope_spans", "instrumentation_library_spans"]
    resource = derived(ResourceData, groups, scope_spans)
    document = derived(Document, groups, scope_spans)
    return cast("type[msgspec.Struct]", derived(document, ["resource_spans"], resource))


def _span_keys(document: Document) -> set[str]:
    keys: set[str] = set()
    for resource in resources(document):
        for scope_spans in scopes(resource):
            for span in scope_spans.spans or ():
                keys.update(attribute.key for attribute in span.attributes or ())
    return keys


def resources(document: Document) -> list[ResourceData]:
    """The batches of spans of a document."""
    return [*(document.resource_spans or ()), document]


def scopes(resource: ResourceData) -> list[ScopeSpans]:
    """The groups of spans of a batch, under either name."""
    return [*(resource.scope_spans or ()), *(resource.instrumentation_library_spans or ())]


def value_column(values: Sequence[Value | None]) -> Texts:
    """Values as a column of their common type."""
    first = values[0]
    present = cast("Sequence[Value]", values)
    with suppress(AttributeError):
        if first is None:
            pass
        elif first.string_value is not None:
            found = column_of_texts([value.string_value for value in present])
            if not found.null_count:
                return found
        elif first.int_value is not None:
            integers = [value.int_value for value in present]
            if None not in integers:
                return column_of(integers)
        elif first.bool_value is not None:
            truths = [value.bool_value for value in present]
            if None not in truths and not any(map(_is_more_than_true, present)):
                return column_of(truths)
    return column_of([scalar(value) for value in values])


def _is_more_than_true(value: Value) -> bool:
    return not (value.string_value is None and value.int_value is None and value.double_value is None)


def scalar(value: Value | None) -> Scalar:
    """The value itself; a nested one as JSON text; bytes as base64 text."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return value.int_value
    if value.double_value is not None:
        return value.double_value
    if value.bool_value is not None:
        return value.bool_value
    return _nested(value)


def _nested(value: Value) -> str | None:
    try:
        if value.array_value not in _NO_VALUE:
            return json_text(plain({"arrayValue": msgspec.json.decode(value.array_value)}))
        if value.kvlist_value not in _NO_VALUE:
            return json_text(plain({"kvlistValue": msgspec.json.decode(value.kvlist_value)}))
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return value.bytes_value


def facts_of(resource: Resource | None) -> dict[str, str]:
    """What is wanted of the attributes of a resource, as text."""
    attributes: Sequence[NamedAttribute] = (resource.attributes if resource is not None else None) or ()
    found = {each.key: scalar(each.value) for each in attributes if each.key in _OF_RESOURCE}
    return {key: str(value) for key, value in found.items() if value is not None}


def plain(value: Any) -> Any:
    """An AnyValue as JSON decodes it, without the names of its types."""
    if not isinstance(value, dict) or not value:
        return None
    kind, content = next(iter(value.items()))
    values = content.get("values") if isinstance(content, dict) else None
    members = values if isinstance(values, list) else []
    if kind == "arrayValue":
        return [plain(member) for member in members]
    if kind == "kvlistValue":
        pairs = [member for member in members if isinstance(member, dict)]
        return {str(pair.get("key")): plain(pair.get("value")) for pair in pairs}
    if kind == "intValue" and isinstance(content, str):
        with suppress(ValueError):
            return int(content)
    return content
