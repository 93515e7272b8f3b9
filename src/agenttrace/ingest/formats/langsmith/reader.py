"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.langsmith.records import WRAPPERS, is_run
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import first_peeked
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


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
            untold=(
                "queue and prefill",
                "which chains are agents, but for those that LangChain names",
                "attempts of the client",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return any(is_run(record) for record in first_peeked(head, WRAPPERS))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.langsmith.reading import read_runs  # noqa: PLC0415

        read_runs(source, recorder)
