"""What each format can tell, in words: what `agenttrace formats` shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """One format; what is `derived` follows from other values, what is `untold` stays unknown."""

    id: str
    about: str
    containers: tuple[str, ...]
    measured: tuple[str, ...]
    derived: tuple[str, ...]
    untold: tuple[str, ...]

    def told(self) -> list[tuple[str, str]]:
        """The facts as lines, those that there are."""
        lines = [
            ("in", self.containers),
            ("measured", self.measured),
            ("derived", self.derived),
            ("unknown", self.untold),
        ]
        return [(name, ", ".join(words)) for name, words in lines if words]


FORMAT_FACTS = (
    FormatFacts(
        "dynamo",
        "request and agent traces of NVIDIA Dynamo",
        ("JSON lines", "gzip (many members)", "zstd", "bare or in the envelope"),
        (
            "queue",
            "prefill",
            "decode",
            "tools (where tool events are on)",
            "cache reads",
            "subagents",
            "workers",
        ),
        ("tools from gaps (where tool events are off)", "compactions", "retries", "user waits", "joins"),
        ("network", "cache writes", "text"),
    ),
    FormatFacts(
        "claude-code",
        "transcripts of Claude Code: a file, or a project folder",
        ("JSON lines",),
        (
            "end of requests",
            "tools that state a duration",
            "subagents",
            "compactions",
            "retries",
            "cache reads",
        ),
        ("start of requests", "tools from call to result", "user and permission waits", "joins"),
        ("queue, prefill and decode: a request is one phase, model",),
    ),
    FormatFacts(
        "otlp",
        "OpenTelemetry traces, and log events that carry requests",
        ("JSON document", "JSON lines", "protobuf: one message, concatenated, length-prefixed"),
        (
            "requests",
            "tools",
            "what the dialect has: queue, prefill, decode, time to first token, cache reads",
        ),
        ("turns", "joins", "compactions"),
        ("what the dialect lacks: GenAI, OpenInference and OpenLLMetry split no request",),
    ),
)
