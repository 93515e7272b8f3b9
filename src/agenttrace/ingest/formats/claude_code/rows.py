"""Rows on their way to the recorders: gathered one by one, handed over as whole columns.

Each row goes to the recorder of the source in which its `place` is; only of spans the line is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from agenttrace.ingest.formats.claude_code.places import LINE_MASK, Recorders, source_of
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Phase,
    Purpose,
    SpanKind,
    Status,
    TokenQuality,
    Trigger,
)

Whence = tuple[int, str]
"""The place of a row, and the key of its session."""

_MEASURED = Evidence.MEASURED
_MARK = ("place", "session_key", "span_key", "kind", "t_ns", "evidence", "refers_to_key")
_LINK = (
    "place", "session_key", "from_key", "to_key", "kind", "rule", "at_ns", "explicit", "confidence",
)  # fmt: skip


class Span(Struct, gc=False, kw_only=True):
    """A span. Instants that are not known are None."""

    place: int
    session_key: str
    span_key: str
    agent_key: str
    kind: SpanKind
    start_ns: int | None
    end_ns: int | None
    parent_key: str | None = None
    purpose: Purpose = Purpose.TURN
    name: str | None = None
    call_id: str | None = None
    start_evidence: Evidence = Evidence.BOUNDED
    end_evidence: Evidence = Evidence.BOUNDED
    blocking: bool | None = True
    own_phase: Phase | None = None
    status: Status | None = None
    error: str | None = None
    model: str | None = None
    request_id: str | None = None
    attempt: int | None = None
    trigger: Trigger | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    output_quality: TokenQuality | None = None
    cache_miss_reason: str | None = None
    tokens_before: int | None = None
    tokens_after: int | None = None
    compaction_trigger: str | None = None


@dataclass(slots=True)
class Rows:
    """The rows of files that are read together. Marks and links are plain tuples, for there are many."""

    spans: list[Span] = field(default_factory=list)
    _marks: list[tuple[Any, ...]] = field(default_factory=list)
    _links: list[tuple[Any, ...]] = field(default_factory=list)

    def mark(self, span: Span, kind: MarkKind, t_ns: int, refers_to_key: str | None = None) -> None:
        """A measured instant in a span."""
        self._marks.append(
            (span.place, span.session_key, span.span_key, kind, t_ns, _MEASURED, refers_to_key)
        )

    def link(self, whence: Whence, from_key: str, to_key: str, kind: LinkKind, rule: str) -> None:
        """A dependency that a record states, on the end of what is depended on."""
        self._links.append((*whence, from_key, to_key, kind, rule, None, True, None))

    def link_from(self, span: Span, at_ns: int | None, to_key: str, kind: LinkKind, rule: str) -> None:
        """A dependency that a record states, on an instant of a span, or on its end."""
        self._links.append(
            (span.place, span.session_key, span.span_key, to_key, kind, rule, at_ns, True, None)
        )

    def infer(self, whence: Whence, from_key: str, to_key: str, rule: str, confidence: float) -> None:
        """A dependency that no record states."""
        self._links.append((*whence, from_key, to_key, LinkKind.FEEDS, rule, None, False, confidence))

    def hand_over(self, recorders: Recorders) -> None:
        """All of them to the recorders."""
        spans = [astuple(span) for span in self.spans]
        for source, rows in _by_source(spans, recorders).items():
            columns = _columns(Span.__struct_fields__, rows)
            columns["line"] = [place & LINE_MASK for place in columns.pop("place")]
            recorders.all[source].extend_spans(columns)
        for source, rows in _by_source(self._marks, recorders).items():
            columns = _columns(_MARK, rows)
            del columns["place"]
            recorders.all[source].extend_marks(columns)
        for source, rows in _by_source(self._links, recorders).items():
            columns = _columns(_LINK, rows)
            del columns["place"]
            recorders.all[source].extend_links(columns)


def _by_source(rows: list[tuple[Any, ...]], recorders: Recorders) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of each source; the place of a row is its first value."""
    if len(recorders.all) == 1 and rows:
        return {0: rows}
    parts: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        parts.setdefault(source_of(row[0]), []).append(row)
    return parts


def _columns(names: Sequence[str], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    return dict(zip(names, zip(*rows, strict=True), strict=True))
