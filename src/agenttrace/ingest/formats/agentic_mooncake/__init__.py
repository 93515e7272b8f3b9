"""Agentic Mooncake: Mooncake rows with the requests that each one waits for, and for how long after that."""

from __future__ import annotations

from agenttrace.ingest.formats.agentic_mooncake.reader import AgenticMooncake

AGENTIC_MOONCAKE = AgenticMooncake()
