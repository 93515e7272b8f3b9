"""NVIDIA Dynamo request and agent traces: one row per finished request, per start and end of a tool call."""

from __future__ import annotations

from agenttrace.ingest.formats.dynamo.reader import Dynamo

DYNAMO = Dynamo()
