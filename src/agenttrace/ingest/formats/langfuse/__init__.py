"""Langfuse: traces and observations as its API, its exports and its SDKs' ingestion write them."""

from __future__ import annotations

from agenttrace.ingest.formats.langfuse.reader import Langfuse

LANGFUSE = Langfuse()
