"""Rows on their way to the recorders: gathered one by one, handed over as whole columns.

Each row goes to the recorder of the source in which its `place` is; only of spans the line is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from agenttrace.ingest.formats.claude_code.places import Recorders, line_of, source_of
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


class Mark(Struct, gc=False, kw_only=True):
    """An instant in a span."""

    place: int
    session_key: str
    span_key: str
    kind: MarkKind
    t_ns: int
    evidence: Evidence = Evidence.MEASURED
    refers_to_key: str | None = None


class Link(Struct, gc=False, kw_only=True):
    """A dependency."""

    place: int
    session_key: str
    from_key: str
    to_key: str
    kind: LinkKind
    rule: str
    at_ns: int | None = None
    explicit: bool = True
    confidence: float | None = None


@dataclass(slots=True)
class Rows:
    """The rows of files that are read together."""

    spans: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def hand_over(self, recorders: Recorders) -> None:
        """All of them to the recorders."""
        for source, spans in _by_source(self.spans, recorders).items():
            columns = _columns(spans)
            columns["line"] = [line_of(span.place) for span in spans]
            recorders.all[source].extend_spans(columns)
        for source, marks in _by_source(self.marks, recorders).items():
            recorders.all[source].extend_marks(_columns(marks))
        for source, links in _by_source(self.links, recorders).items():
            recorders.all[source].extend_links(_columns(links))


def _by_source(rows: list[Any], recorders: Recorders) -> dict[int, list[Any]]:
    if len(recorders.all) == 1 and rows:
        return {0: rows}
    parts: dict[int, list[Any]] = {}
    for row in rows:
        parts.setdefault(source_of(row.place), []).append(row)
    return parts


def _columns(rows: list[Any]) -> dict[str, Any]:
    """The columns in which something stands, but for the place."""
    names = rows[0].__struct_fields__
    columns = zip(*map(astuple, rows), strict=True)
    return {
        name: column
        for name, column in zip(names, columns, strict=True)
        if name != "place" and column.count(None) < len(rows)
    }
