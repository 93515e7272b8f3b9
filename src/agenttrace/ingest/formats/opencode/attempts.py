"""Attempts that failed before an answer came, in versions that keep a part for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, LinkKind, Purpose, SpanKind, Status


def write_attempts(
    reader: FieldReader,
    place: Mapping[str, str | None],
    retries: Sequence[Mapping[str, Any]],
    request: tuple[str, int | None, int | None],
    line: int,
) -> tuple[int | None, int]:
    """(earliest start, number) of the attempt that was answered. `request`: its key and bounds.

    `place`: the keys that its span has, too.

    A retry is noted when the attempt before it failed; how long was waited then is not.
    """
    key, start_ns, end_ns = request
    failed = sorted(
        t_ns
        for retry in retries
        if (t_ns := fields.instant_from_ms(reader.inner(retry, "time", line).get("created"))) is not None
    )
    attempt = 1
    for t_ns in failed:
        if start_ns is None or t_ns < start_ns or (end_ns is not None and t_ns > end_ns):
            continue
        attempt_key = f"{key}:attempt:{attempt}"
        reader.recorder.span(
            **place,
            span_key=attempt_key,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.FAILED_ATTEMPT,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=Evidence.BOUNDED,
            end_evidence=Evidence.MEASURED,
            status=Status.ERROR,
            attempt=attempt,
        )
        reader.recorder.link(
            session_key=place["session_key"],
            from_key=attempt_key,
            to_key=key,
            kind=LinkKind.RETRIES,
            explicit=True,
            rule="retry",
        )
        start_ns, attempt = t_ns, attempt + 1
    return start_ns, attempt
