"""Pydantic Logfire: rows of its table of records, as its query API returns them."""

from __future__ import annotations

from agenttrace.ingest.formats.logfire.reader import Logfire

LOGFIRE = Logfire()
