"""Codex rollouts: one thread a file, the main agent's or a subagent's, forks and resumes among them."""

from __future__ import annotations

from agenttrace.ingest.formats.codex.reader import Codex

CODEX = Codex()
