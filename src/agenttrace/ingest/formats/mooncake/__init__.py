"""Mooncake: one line for each request, with its arrival, its tokens and the hashes of its prompt's blocks."""

from __future__ import annotations

from agenttrace.ingest.formats.mooncake.reader import Mooncake

MOONCAKE = Mooncake()
