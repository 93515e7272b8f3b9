"""Lanes: the main agent, and subagents with the call that spawned each, from whichever side it is told."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from agenttrace.ingest.fields import text
from agenttrace.ingest.formats.claude_code.answers import AGENT_TOOLS
from agenttrace.ingest.formats.claude_code.background import agent_key
from agenttrace.ingest.formats.claude_code.collected import Lane, Tool, Transcript
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Purpose

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WORKFLOW = re.compile(r"(?:^|[/\\])workflows[/\\]([A-Za-z0-9_-]{1,100})[/\\][^/\\]+$")


class _Beside(Struct, rename="camel"):
    """The small file beside a subagent's own."""

    agent_type: str | None = None
    tool_use_id: str | None = None


_Facts = dict[tuple[str, str], dict[str, Any]]


def write_agents(transcript: Transcript, source: Source, recorder: Recorder) -> None:
    """What this file tells of its lanes, and of lanes that have files of their own."""
    known = _spawned(transcript)
    for told in transcript.told:
        facts = known.setdefault((told.lane.session_key, told.lane.agent_key), {})
        _add(facts, {"spawn_key": told.spawn_key, "parent_agent_key": told.parent_key})
    for lane in transcript.lanes.values():
        if not lane.main:
            facts = known.setdefault((lane.session_key, lane.agent_key), {})
            _add(facts, {"source_id": lane.agent_id, **_own(lane, source)})
        elif not lane.sidechain:
            recorder.agent(session_key=lane.session_key, agent_key=lane.agent_key, main=True)
    by_prompt = _calls_by_prompt(transcript)
    for (session_key, key), facts in known.items():
        tool = by_prompt.get(transcript.lane_prompts.get(key, ""))
        if "spawn_key" not in facts and tool is not None:
            _add(facts, {"spawn_key": tool.key, "parent_agent_key": tool.lane.agent_key})
            _add(facts, {"type": tool.agent_type})
        recorder.agent(session_key=session_key, agent_key=key, main=False, name=facts.get("type"), **facts)


def _add(facts: dict[str, Any], more: dict[str, Any]) -> None:
    """What is not known yet."""
    for name, value in more.items():
        if value is not None:
            facts.setdefault(name, value)


def _spawned(transcript: Transcript) -> _Facts:
    """What calls say of the agents that they launched."""
    facts: _Facts = {}
    for tool in transcript.tools.values():
        result = transcript.results.get(tool.id)
        if result is None or not result.agent_id:
            continue
        said = {
            "parent_agent_key": tool.lane.agent_key,
            "source_id": result.agent_id,
            "type": tool.agent_type or result.agent_type,
            "background": result.launched,
            "spawn_key": tool.key,
        }
        _add(facts.setdefault((tool.lane.session_key, agent_key(tool, result.agent_id)), {}), said)
    return facts


def _own(lane: Lane, source: Source) -> dict[str, Any]:
    """What the file beside the lane's own says; agents of a workflow hang on its run."""
    if lane.purpose is Purpose.SIDE_REQUEST:
        return {"type": (lane.agent_id or "").rpartition("-")[0][1:], "background": True}
    if not lane.agent_id or not _SAFE_NAME.fullmatch(lane.agent_id):
        return {}
    beside = _Beside()
    content = source.sibling(f"agent-{lane.agent_id}.meta.json")
    if content is not None:
        try:
            beside = msgspec.json.decode(content, type=_Beside)
        except (ValueError, RecursionError):
            beside = _Beside()
    spawn_key = f"tool:{beside.tool_use_id}" if beside.tool_use_id else None
    workflow = _WORKFLOW.search(source.path)
    if spawn_key is None and workflow is not None:
        spawn_key = f"background:{workflow[1]}"
    return {"type": text(beside.agent_type), "spawn_key": spawn_key}


def _calls_by_prompt(transcript: Transcript) -> dict[str, Tool]:
    """Early versions name no agent: its first record repeats what its call asked."""
    found: dict[str, Tool] = {}
    for tool in transcript.tools.values():
        if tool.name in AGENT_TOOLS and tool.prompt:
            found.setdefault(tool.prompt, tool)
    return found
