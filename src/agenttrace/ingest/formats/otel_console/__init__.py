"""Spans as the console exporter of OpenTelemetry's Python SDK prints them."""

from __future__ import annotations

from agenttrace.ingest.formats.otel_console.reader import OtelConsole

OTEL_CONSOLE = OtelConsole()
