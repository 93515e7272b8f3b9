"""OpenAI Agents SDK: the traces and spans that its tracing processors export."""

from __future__ import annotations

from agenttrace.ingest.formats.openai_agents.reader import OpenAIAgents

OPENAI_AGENTS = OpenAIAgents()
