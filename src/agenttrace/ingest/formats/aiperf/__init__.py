"""AIPerf: what a load generator measured of each of its requests."""

from __future__ import annotations

from agenttrace.ingest.formats.aiperf.reader import AiPerf

AIPERF = AiPerf()
