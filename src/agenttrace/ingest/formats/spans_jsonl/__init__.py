"""Our own interchange format: a span a line, for converters that others write."""

from __future__ import annotations

from agenttrace.ingest.formats.spans_jsonl.reader import SpansJsonl

SPANS_JSONL = SpansJsonl()
