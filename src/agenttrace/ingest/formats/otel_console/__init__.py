"""Spans as the console exporter of OpenTelemetry's SDKs for Python and Node prints them."""

from __future__ import annotations

from agenttrace.ingest.formats.otel_console.reader import OtelConsole

OTEL_CONSOLE = OtelConsole()
