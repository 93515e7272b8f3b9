"""Jaeger's JSON: what its query service and its user interface hand out."""

from __future__ import annotations

from agenttrace.ingest.formats.jaeger.reader import Jaeger

JAEGER = Jaeger()
