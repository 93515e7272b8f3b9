"""LangSmith: runs as its API, its exports and its SDKs' batches write them."""

from __future__ import annotations

from agenttrace.ingest.formats.langsmith.reader import LangSmith

LANGSMITH = LangSmith()
