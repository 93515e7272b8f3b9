"""Zipkin's JSON: version 2, and version 1 as far as it says the same."""

from __future__ import annotations

from agenttrace.ingest.formats.zipkin.reader import Zipkin

ZIPKIN = Zipkin()
