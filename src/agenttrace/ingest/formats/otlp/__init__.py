"""OpenTelemetry's own format, OTLP: spans and log records as JSON, JSON lines or protobuf, in any dialect."""

from __future__ import annotations

from agenttrace.ingest.formats.otlp.reader import Otlp

OTLP = Otlp()
