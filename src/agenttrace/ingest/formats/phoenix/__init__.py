"""Arize Phoenix: spans as its API, its clients and its data frames write them."""

from __future__ import annotations

from agenttrace.ingest.formats.phoenix.reader import Phoenix

PHOENIX = Phoenix()
