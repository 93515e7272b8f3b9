"""Claude Code transcripts: the main agent's file, its subagents' files, and early ones with both in one."""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.reader import ClaudeCode

CLAUDE_CODE = ClaudeCode()
