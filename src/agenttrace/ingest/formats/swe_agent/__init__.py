"""SWE-agent: trajectories, which state how long each command ran and nothing else of time."""

from __future__ import annotations

from agenttrace.ingest.formats.swe_agent.reader import SweAgent

SWE_AGENT = SweAgent()
