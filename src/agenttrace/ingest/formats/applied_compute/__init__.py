"""Applied Compute's agentic workloads: one line a session, with the lengths of its turns and of its tool calls."""

from __future__ import annotations

from agenttrace.ingest.formats.applied_compute.reader import AppliedCompute

APPLIED_COMPUTE = AppliedCompute()
