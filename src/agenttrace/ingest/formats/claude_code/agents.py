"""Agents: the main one, and subagents with the call that spawned each, from whichever side it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agenttrace.ingest.fields import text
from agenttrace.ingest.formats.claude_code.answers import AGENT_TOOLS
from agenttrace.ingest.formats.claude_code.background import agent_key, by_time
from agenttrace.ingest.formats.claude_code.collected import Lane, Tool, Transcript
from agenttrace.ingest.formats.claude_code.places import Recorders
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Purpose

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WORKFLOW = re.compile(r"(?:^|[/\\])workflows[/\\]([A-Za-z0-9_-]{1,100})[/\\][^/\\]+$")


class _Beside(Struct, rename="camel"):
    """The small file beside a subagent's own."""

    agent_type: str | None = None
    tool_use_id: str | None = None


_Facts = dict[tuple[str, str], dict[str, Any]]


def write_agents(transcript: Transcript, sources: Sequence[Source], recorders: Recorders) -> None:
    """What the sources tell of their lanes, and of lanes of which they hold no record."""
    known, places = _spawned(transcript)
    for told in transcript.told.values():
        facts = known.setdefault((told.lane.session_key, told.lane.agent_key), {})
        _add(facts, {"spawn_key": told.spawn_key, "parent_agent_key": told.parent_key})
    for (session_id, agent_id), lane in transcript.lanes.items():
        places[lane.session_key, lane.agent_key] = lane.place
        if not lane.main:
            facts = known.setdefault((lane.session_key, lane.agent_key), {})
            spread = sorted(transcript.spread[session_id, agent_id])
            _add(facts, {"source_id": lane.agent_id, **_own(lane, [sources[one] for one in spread])})
        elif not lane.sidechain:
            recorders.at(lane.place).agent(session_key=lane.session_key, agent_key=lane.agent_key, main=True)
    by_prompt = _calls_by_prompt(transcript)
    for (session_key, key), facts in known.items():
        _, prompt = transcript.lane_prompts.get(key, (0, ""))
        tool = by_prompt.get(prompt)
        if "spawn_key" not in facts and tool is not None:
            _add(facts, {"spawn_key": tool.key, "parent_agent_key": tool.lane.agent_key})
            _add(facts, {"type": tool.agent_type})
        recorders.at(places[session_key, key]).agent(
            session_key=session_key, agent_key=key, main=False, name=facts.get("type"), **facts
        )


def _add(facts: dict[str, Any], more: dict[str, Any]) -> None:
    """What is not known yet."""
    for name, value in more.items():
        if value is not None:
            facts.setdefault(name, value)


def _spawned(transcript: Transcript) -> tuple[_Facts, dict[tuple[str, str], int]]:
    """What calls say of the agents that they launched, and where they say it."""
    facts: _Facts = {}
    places: dict[tuple[str, str], int] = {}
    launched = {
        tool_id: agent_id for tool_id, result in transcript.results.items() if (agent_id := result.agent_id)
    }
    tools = [transcript.tools[tool_id] for tool_id in launched if tool_id in transcript.tools]
    for tool in sorted(tools, key=by_time):
        result, agent_id = transcript.results[tool.id], launched[tool.id]
        said = {
            "parent_agent_key": tool.lane.agent_key,
            "source_id": agent_id,
            "type": tool.agent_type or result.agent_type,
            "background": result.launched,
            "spawn_key": tool.key,
        }
        key = (tool.lane.session_key, agent_key(tool, agent_id))
        places.setdefault(key, tool.place)
        _add(facts.setdefault(key, {}), said)
    return facts, places


def _own(lane: Lane, sources: Sequence[Source]) -> dict[str, Any]:
    """What the file beside the lane's own says; agents of a workflow hang on its run."""
    if lane.purpose is Purpose.SIDE_REQUEST:
        return {"type": (lane.agent_id or "").rpartition("-")[0][1:], "background": True}
    if not lane.agent_id or not _SAFE_NAME.fullmatch(lane.agent_id):
        return {}
    facts: dict[str, Any] = {}
    for source in sources:
        beside = _read_beside(source, lane.agent_id)
        workflow = _WORKFLOW.search(source.path)
        run = f"background:{workflow[1]}" if workflow is not None else None
        spawn_key = f"tool:{beside.tool_use_id}" if beside.tool_use_id else run
        _add(facts, {"type": text(beside.agent_type), "spawn_key": spawn_key})
    return facts


def _read_beside(source: Source, agent_id: str) -> _Beside:
    content = source.sibling(f"agent-{agent_id}.meta.json")
    if content is None:
        return _Beside()
    try:
        return msgspec.json.decode(content, type=_Beside)
    except (ValueError, RecursionError):
        return _Beside()


def _calls_by_prompt(transcript: Transcript) -> dict[str, Tool]:
    """Early versions name no agent: its first record repeats what its call asked."""
    found: dict[str, Tool] = {}
    asking = [tool for tool in transcript.tools.values() if tool.prompt and tool.name in AGENT_TOOLS]
    for tool in sorted(asking, key=by_time):
        found.setdefault(tool.prompt or "", tool)
    return found
