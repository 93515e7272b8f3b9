"""ATIF: what an agent said and did, step by step, as evaluation harnesses keep it."""

from __future__ import annotations

from agenttrace.ingest.formats.atif.reader import Atif

ATIF = Atif()
