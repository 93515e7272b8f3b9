"""Tool calls of transcripts that note when a call was complete and when its result was there, and nothing between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status


@dataclass(frozen=True, slots=True)
class Called:
    """A call: its tool, when the answer that made it was complete, and where that stands."""

    name: str | None
    start_ns: int | None
    line: int


def record_call(
    recorder: Recorder,
    keys: Mapping[str, str],
    called: Called,
    end_ns: int | None,
    status: Status,
    returned: Evidence = Evidence.MEASURED,
) -> None:
    """The span of a call: it did not begin before it was made. `keys`: those of the span, and the call's id.

    `returned`: the evidence of its end, if that is known. A result before its call is a finding, and of no length.
    """
    start_ns = called.start_ns
    if start_ns is not None and end_ns is not None and end_ns < start_ns:
        what = "a tool that returned before its call: taken as of no length"
        recorder.finding("negative_duration", Severity.WARNING, what, line=called.line)
        start_ns = end_ns
    recorder.span(
        **keys,
        line=called.line,
        kind=SpanKind.TOOL,
        purpose=Purpose.TURN,
        name=called.name,
        start_ns=start_ns,
        end_ns=end_ns,
        start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
        end_evidence=Evidence.UNKNOWN if end_ns is None else returned,
        status=status,
    )
