"""Weka's agentic traces: a JSON document for each session, with its requests and those of its subagents."""

from __future__ import annotations

from agenttrace.ingest.formats.weka.reader import Weka

WEKA = Weka()
