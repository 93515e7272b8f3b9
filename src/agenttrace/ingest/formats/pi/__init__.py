"""pi (the coding agent of pi-mono): session files, whose answers have both their start and their end."""

from __future__ import annotations

from agenttrace.ingest.formats.pi.reader import Pi

PI = Pi()
