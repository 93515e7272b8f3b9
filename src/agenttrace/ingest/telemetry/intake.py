"""Where all containers end: spans go in chunks to the dialect layer, log records to their own place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.arrow import Texts
from agenttrace.ingest.telemetry.dialects import DialectLayer, LayerLeft
from agenttrace.ingest.telemetry.events import Dropped
from agenttrace.ingest.telemetry.logs import Logs, LogsLeft
from agenttrace.ingest.telemetry.spans import PART_ROWS, Origin, SpanBuilder
from agenttrace.model.vocabulary import Severity

CHUNK_ROWS = 32_768


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a part of a source. It can be pickled."""

    layer: LayerLeft
    logs: LogsLeft
    dropped: Dropped


class Intake:
    """Takes in one source. A decoder appends spans to `builder` and then calls `advance`."""

    def __init__(self, recorder: Recorder, column: Callable[[list[Any]], Texts]) -> None:
        """`column` makes a column of the attribute values that the decoder appends."""
        self.recorder = recorder
        self.builder = SpanBuilder(column)
        self.dropped = Dropped()
        self.logs = Logs(recorder)
        self._layer = DialectLayer(recorder)
        self._origins: list[Origin] = []
        self._known: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}

    def origin(self, scope: str, resource: Mapping[str, str]) -> int:
        """The number of a scope and resource."""
        key = (scope, tuple(sorted(resource.items())))
        number = self._known.setdefault(key, len(self._origins))
        if number == len(self._origins):
            self._origins.append(Origin(scope, dict(resource)))
        return number

    def next_line(self, line: int | None) -> int:
        """The line of the next record: that of its text, or its number among the records of the source."""
        return self.recorder.records + 1 if line is None else line

    def advance(self, count: int) -> None:
        """`count` spans have been appended."""
        self.recorder.records += count
        if self.builder.pending >= PART_ROWS:
            self.builder.part()
        if self.builder.rows >= CHUNK_ROWS:
            self._flush()

    def session(self, trace: str, session: str, space: str, line: int) -> None:
        """A trace, named as its spans name it, is of this session; the session's id is unique in `space`."""
        self._layer.tell_session(trace, session, space, line)

    def metrics(self, count: int, line: int | None) -> None:
        """Batches of metrics, which have no spans to show."""
        if count:
            self.recorder.finding(
                "metrics",
                Severity.INFO,
                "metrics are counted and not read",
                line=self.next_line(line),
                count=count,
            )
            self.recorder.records += count

    def leave(self) -> Left:
        """Records what can be, and returns what only the whole source tells what to do with."""
        self._flush()
        return Left(self._layer.leave(), self.logs.leave(), self.dropped)

    def absorb(self, left: Left, lines_before: int) -> None:
        """Takes over what was left of a part of the source, which begins after so many lines or records."""
        self._layer.absorb(left.layer, lines_before)
        self.logs.absorb(left.logs, lines_before)
        self.dropped.absorb(left.dropped, lines_before)

    def finish(self) -> None:
        """Records what is left, and what only the whole source tells."""
        self._flush()
        self._layer.finish()
        self.logs.release(self._layer.session_keys, self._layer.turns)
        if self.dropped.spans:
            self.recorder.finding(
                "dropped_by_exporter",
                Severity.WARNING,
                f"spans whose exporter dropped attributes, events or links ({self.dropped.things} in all)",
                line=self.dropped.line,
                count=self.dropped.spans,
            )

    def _flush(self) -> None:
        spans = self.builder.take()
        if spans is not None:
            self._layer.add(spans, self._origins)
