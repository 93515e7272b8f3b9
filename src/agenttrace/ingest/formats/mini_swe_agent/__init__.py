"""mini-swe-agent: trajectories; only those of its second version have times."""

from __future__ import annotations

from agenttrace.ingest.formats.mini_swe_agent.reader import MiniSweAgent

MINI_SWE_AGENT = MiniSweAgent()
