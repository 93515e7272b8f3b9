"""Gemini CLI: its chat recordings, and the file that its telemetry can be written to."""

from __future__ import annotations

from agenttrace.ingest.formats.gemini_cli.reader import GeminiCli

GEMINI_CLI = GeminiCli()
