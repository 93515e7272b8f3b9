"""Rows on their way to the recorder: gathered one by one, handed over as whole columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from agenttrace.ingest.recorder import Recorder
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

    session_key: str
    span_key: str
    agent_key: str
    kind: SpanKind
    start_ns: int | None
    end_ns: int | None
    line: int | None = None
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

    session_key: str
    span_key: str
    kind: MarkKind
    t_ns: int
    evidence: Evidence = Evidence.MEASURED
    refers_to_key: str | None = None


class Link(Struct, gc=False, kw_only=True):
    """A dependency."""

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
    """The rows of one file."""

    spans: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def hand_over(self, recorder: Recorder) -> None:
        """All of them to the recorder."""
        if self.spans:
            recorder.extend_spans(_columns(self.spans))
        if self.marks:
            recorder.extend_marks(_columns(self.marks))
        if self.links:
            recorder.extend_links(_columns(self.links))


def _columns(rows: list[Any]) -> dict[str, Any]:
    """The columns in which something stands."""
    names = rows[0].__struct_fields__
    columns = zip(*map(astuple, rows), strict=True)
    return {
        name: column for name, column in zip(names, columns, strict=True) if column.count(None) < len(rows)
    }
