"""Rows of workloads: requests that were asked for, tool calls of which a length is told, and what waits for what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import (
    Evidence,
    HashScope,
    LinkKind,
    MarkKind,
    Purpose,
    Severity,
    SpanKind,
    TokenQuality,
)

Hashes: TypeAlias = NDArray[np.uint64]

_NS_IN_MS = 1_000_000
_T = TypeVar("_T")


class Link(NamedTuple):
    """`to_key` begins `delay_ns` after `from_key`; None: the pause is not told. `rule`: the field that says so."""

    from_key: str
    to_key: str
    kind: LinkKind
    rule: str
    delay_ns: int | None


class WorkloadRows:
    """Records rows of one source in the words of a workload."""

    def __init__(self, recorder: Recorder, scope: HashScope) -> None:
        """`scope`: where else the source's equal block hashes mean equal tokens."""
        self._recorder = recorder
        self._scope = scope

    def session(self, session_key: str, source_id: str | None, *, timed: bool = False) -> None:
        """A session of it; not `timed` is one whose requests have no length."""
        self._recorder.session(session_key=session_key, source_id=source_id, timed=None if timed else False)

    def request(
        self,
        session_key: str,
        span_key: str,
        line: int,
        start_ns: int,
        *,
        evidence: Evidence,
        length_ns: int | None = None,
        **facts: Any,
    ) -> None:
        """A request that is sent at `start_ns`, of which `evidence` tells how it is known: bounded is not before."""
        self._recorder.span(
            session_key=session_key,
            span_key=span_key,
            line=line,
            kind=SpanKind.REQUEST.value,
            purpose=Purpose.TURN.value,
            start_ns=start_ns,
            end_ns=None if length_ns is None else start_ns + length_ns,
            start_evidence=evidence.value,
            end_evidence=(Evidence.UNKNOWN if length_ns is None else Evidence.DERIVED).value,
            output_quality=None if facts.get("output_tokens") is None else TokenQuality.FINAL.value,
            **facts,
        )

    def tool(
        self, session_key: str, span_key: str, line: int, start_ns: int, length_ns: int, **facts: Any
    ) -> None:
        """A tool call that takes `length_ns`, and begins not before `start_ns`."""
        self._recorder.span(
            session_key=session_key,
            span_key=span_key,
            line=line,
            kind=SpanKind.TOOL.value,
            purpose=Purpose.TURN.value,
            start_ns=start_ns,
            end_ns=start_ns + length_ns,
            start_evidence=Evidence.BOUNDED.value,
            end_evidence=Evidence.BOUNDED.value,
            **facts,
        )

    def prefix(
        self, session_key: str, span_key: str, block_tokens: int, hashes: Sequence[int] | Hashes
    ) -> None:
        """The block hashes of a request's whole prompt."""
        self._recorder.prefix(
            session_key=session_key,
            span_key=span_key,
            block_size=block_tokens,
            blocks=np.array(hashes, dtype=np.uint64),
            scope=self._scope.value,
        )

    def wait(self, session_key: str, link: Link, *, dispatched_ns: int | None = None) -> None:
        """One span waits for the end of another; or, where that was `dispatched_ns`, only for its being sent."""
        if dispatched_ns is not None:
            self._recorder.mark(
                session_key=session_key,
                span_key=link.from_key,
                kind=MarkKind.DISPATCH.value,
                t_ns=dispatched_ns,
                evidence=Evidence.BOUNDED.value,
                refers_to_key=link.to_key,
            )
        self._recorder.link(
            session_key=session_key,
            from_key=link.from_key,
            at_ns=dispatched_ns,
            to_key=link.to_key,
            kind=link.kind.value,
            explicit=True,
            rule=link.rule,
            delay_ns=link.delay_ns,
        )


class Values:
    """Values of a row, read defensively: one of another type costs itself, and is a finding."""

    def __init__(self, recorder: Recorder, row: Mapping[str, Any], line: int) -> None:
        """The values of one row."""
        self._recorder = recorder
        self._row = row
        self._line = line

    def count(self, *names: str) -> int | None:
        """A number of tokens, by the first of the names that is there."""
        return self._read(fields.count, "a count", names)

    def text(self, name: str) -> str | None:
        """A string that is not empty; a number counts as one."""
        value = self._row.get(name)
        if type(value) is int:
            return str(value)
        return self._read(fields.text, "a text", (name,))

    def priority(self, name: str) -> int | None:
        """An int32."""
        return self._read(_int32, "a priority", (name,))

    def offset_ms(self, *names: str) -> int | None:
        """Milliseconds from the beginning of the trace, or from 1970, as nanoseconds."""
        return self._read(_offset_from_ms, "a time", names)

    def duration_ms(self, *names: str) -> int | None:
        """A duration in milliseconds, as nanoseconds."""
        return self._read(fields.duration_from_ms, "a duration", names)

    def duration_s(self, name: str) -> int | None:
        """A duration in seconds, as nanoseconds."""
        return self._read(fields.duration_from_s, "a duration", (name,))

    def unusable(self, name: str, what: str) -> None:
        """Says that a value is not what it should be."""
        self._recorder.finding("field_unusable", Severity.WARNING, f"{name} is not {what}", line=self._line)

    def _read(self, read: Callable[[Any], _T | None], what: str, names: tuple[str, ...]) -> _T | None:
        for name in names:
            value = self._row.get(name)
            if value is None:
                continue
            found = read(value)
            if found is None:
                self.unusable(name, what)
            return found
        return None


def _int32(value: Any) -> int | None:
    found = fields.integer(value)
    return found if found is not None and -(2**31) <= found < 2**31 else None


def _offset_from_ms(value: Any) -> int | None:
    found = fields.number(value)
    if found is None or not 0 <= found * _NS_IN_MS <= fields.LATEST_NS:
        return None
    whole = fields.integer(value)
    return whole * _NS_IN_MS if whole is not None else round(found * _NS_IN_MS)
