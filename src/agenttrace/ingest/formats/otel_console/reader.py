"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

import re

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.otel_console.printed import is_node_span, is_span, printed
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_OF_NODE = re.compile(rb"\n\s*traceId: '[0-9a-f]{32}'")
_NODE_MARK = b"traceId: '"
_MARKS = (b'"trace_id": "0x', b'"trace_id":"0x')


class OtelConsole:
    """Its records are the spans of OpenTelemetry, printed: the dialect layer reads what they mean.

    A format of its own and not OTLP: objects one after the other, among whatever else the program printed.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "otel-console"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="output of OpenTelemetry's console exporters (Python, Node), the program's own lines among it",
            containers=("JSON documents one after the other", "JSON lines", "objects as Node prints them"),
            measured=("requests", "tools", "agents", "what the attributes of the spans have"),
            derived=("turns", "joins"),
            untold=(
                "scopes (Python)",
                "anything below a microsecond",
                "what Node leaves out as too long or deep",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        if head.lined:
            return any(is_span(value) or is_node_span(value) for value in head.objects)
        by_node = _NODE_MARK in head.data and _OF_NODE.search(head.data)
        if not by_node and not any(mark in head.data for mark in _MARKS):
            return False
        lines = enumerate(head.data.split(b"\n"), 1)
        return any(is_span(piece.value) or is_node_span(piece.value) for piece in printed(lines))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.otel_console.reading import read_spans  # noqa: PLC0415

        read_spans(source, recorder)
