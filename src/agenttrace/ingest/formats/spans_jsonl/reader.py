"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.spans_jsonl.lines import SPANS_JSONL, is_line
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class SpansJsonl:
    """A span a line, after `schemas/spans-jsonl.schema.json`."""

    id = SPANS_JSONL
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="our own interchange format, for converters (schemas/spans-jsonl.md)",
        containers=("JSON lines",),
        measured=("whatever the converter says, with its evidence",),
        derived=("turns", "joins", "compactions, where the converter names none"),
        untold=("whatever the converter leaves out",),
    )

    def sniff(self, head: Head) -> bool:
        """A line has the keys that every line must have, and none that no line may have."""
        return any(map(is_line, head.objects))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records a span for each line, with its links, marks, agent and session."""
        from agenttrace.ingest.formats.spans_jsonl.reading import read_spans  # noqa: PLC0415

        read_spans(source, recorder)
