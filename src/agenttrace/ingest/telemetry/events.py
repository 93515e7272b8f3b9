"""What is read of span events, and what exporters say that they dropped."""

from __future__ import annotations

from dataclasses import dataclass

from agenttrace.model.otel_attributes import MARK, MARK_EVENTS

EVENT_DETAILS = {
    "exception": "exception.type",
    "gen_ai.client.operation.exception": "exception.type",
    "gen_ai.request.attempt": "",
    "ai.stream.firstChunk": "ai.response.msToFirstChunk",
    "First Token Stream Event": "",
    "gen_ai.content.completion.chunk": "",
    "llm.content.completion.chunk": "",
    **dict.fromkeys(MARK_EVENTS, MARK),
}
"""The events that are read, and the attribute of each that matters, if any: reading one takes time."""


EXCEPTIONS = frozenset(name for name, detail in EVENT_DETAILS.items() if detail == "exception.type")


@dataclass(slots=True)
class Dropped:
    """What exporters dropped before they wrote: spans that say so, and how much they lack."""

    spans: int = 0
    things: int = 0
    line: int = 0

    def absorb(self, other: Dropped, lines_before: int) -> None:
        """Counts what another counted, so many lines later."""
        if other.spans:
            self.line = self.line or other.line + lines_before
            self.spans += other.spans
            self.things += other.things

    def add(self, count: int, line: int) -> None:
        """One span that lacks `count` attributes, events or links."""
        self.line = self.line or line
        self.spans += 1
        self.things += count
