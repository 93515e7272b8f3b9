"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.langsmith.reading import Reading
from agenttrace.ingest.formats.langsmith.runs import is_run
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import peeked, read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.values import column_of

_WRAPPERS = ("runs", "items", "post", "patch")
"""Lists of a page of the API, and of the batches in which SDKs create and complete runs."""


class LangSmith:
    """Runs become spans of the dialect layer, under the attribute names of LangSmith's own OpenTelemetry.

    A run is one unit of work with a type; whether a chain is an agent is not told, so that all work of a trace
    is its main agent's.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "langsmith"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="LangSmith runs: exports, pages of its API, batches of its SDKs",
            containers=("JSON lines", "JSON document", "runs inside runs"),
            measured=("requests", "tools", "first token of streams", "cached tokens"),
            derived=("decode", "turns", "joins"),
            untold=("queue and prefill", "which chains are agents", "waits for the user"),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return any(is_run(record) for record in peeked(head, _WRAPPERS)[:8])

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        intake = Intake(recorder, column_of)
        reading = Reading(intake)
        for record in read_objects(source, recorder, _WRAPPERS):
            reading.take(record)
        reading.finish()
        intake.finish()
