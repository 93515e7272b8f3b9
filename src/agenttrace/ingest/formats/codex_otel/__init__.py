"""Codex's OpenTelemetry log events where they are no OTLP: one event a line, as collectors and loggers write it.

Codex itself exports its events as OTLP only, and those documents are `otlp`'s, dialect `codex`.
"""

from __future__ import annotations

from agenttrace.ingest.formats.codex_otel.reader import CodexOtel

CODEX_OTEL = CodexOtel()
