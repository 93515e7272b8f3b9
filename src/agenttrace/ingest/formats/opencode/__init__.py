"""opencode: exported sessions, and its storage with a file for each session, message and part."""

from __future__ import annotations

from agenttrace.ingest.formats.opencode.reader import OpenCode

OPENCODE = OpenCode()
