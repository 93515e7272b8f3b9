"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.phoenix.frames import records_in
from agenttrace.ingest.formats.phoenix.spans import is_span, span_of
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import peeked, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_WRAPPERS = ("data", "spans")
"""Lists that a page of the API, and a trace of the command line client, hold spans in."""


class Phoenix:
    """Its records are the spans of OpenTelemetry with times as text: the dialect layer reads what they mean."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "phoenix"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Arize Phoenix exports: spans with OpenInference attributes",
            containers=("JSON document", "JSON lines", "data frame as JSON"),
            measured=(
                "requests",
                "tools",
                "agents",
                "first token where a span event marks it",
                "cache reads",
            ),
            derived=("decode", "turns", "joins"),
            untold=("queue and prefill", "span links", "the service that a span came from"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        found = (record for value in peeked(head, _WRAPPERS)[:8] for record in records_in(value)[:8])
        return any(is_span(record) for record in found)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        intake, moments = Intake(recorder, column_of), Moments(recorder)
        for line, value in read_objects(source, recorder, _WRAPPERS):
            for record in records_in(value):
                number = intake.next_line(line)
                if is_span(record):
                    add_span(intake, span_of(record, moments, number), number)
                else:
                    what = "a record that is no span: left out"
                    recorder.finding("record_unusable", Severity.WARNING, what, line=number)
                    recorder.records += 1
        intake.finish()
