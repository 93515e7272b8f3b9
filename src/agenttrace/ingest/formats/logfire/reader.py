"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.logfire.rows import is_message, is_row, is_table, rows_of
from agenttrace.ingest.formats.logfire.spans import is_copy, span_of
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import peeked, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_WRAPPERS = ("data", "rows")
"""The lists that the second and the first version of the query API hold rows in; messages of a stream too."""


class Logfire:
    """Its rows are spans of OpenTelemetry, whose meaning the dialect layer knows.

    A format of its own and not OTLP: what is exported are rows of a database, with other names, times as text,
    and spans beside logs and copies of span events.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "logfire"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Logfire query results: rows of `records`, by row or by column (OTLP from Logfire is `otlp`)",
            containers=("JSON document", "JSON lines", "messages of a stream"),
            measured=("requests", "tools", "agents", "what the attributes of the spans have"),
            derived=("turns", "joins"),
            untold=("what the query did not select", "queue and prefill"),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return any(is_row(record) or is_table(record) for record in peeked(head, _WRAPPERS)[:8])

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        intake, moments = Intake(recorder, column_of), Moments(recorder)
        for line, value in read_objects(source, recorder, _WRAPPERS):
            for row in rows_of(value):
                number = intake.next_line(line)
                if is_row(row) and not is_copy(row):
                    add_span(intake, span_of(row, moments, number), number)
                elif not is_message(row):
                    _left_out(row, recorder, number)
        intake.finish()


def _left_out(row: dict[str, object], recorder: Recorder, line: int) -> None:
    if is_row(row):
        what = "a row that copies an event of a span: its span has it"
        recorder.finding("span_event_row", Severity.INFO, what, line=line)
    else:
        what = "a row without ids or start: left out"
        recorder.finding("record_unusable", Severity.WARNING, what, line=line)
    recorder.records += 1
