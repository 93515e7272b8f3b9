"""The lanes of agents: the main one's, and those of subagents by the name that their records give."""

from __future__ import annotations

import re

from agenttrace.ingest.formats.claude_code.collected import Lane, Transcript
from agenttrace.model.vocabulary import Purpose

_SIDE_AGENT = re.compile(r"a([a-z]+(?:_[a-z]+)*)-[0-9a-f]{3,}")
_COMPACTING = "compact"


def lane_of(transcript: Transcript, session_id: str, agent_id: str | None, place: int) -> Lane:
    """The lane of an agent, without an id of the main one; made where it is first asked for."""
    lane = transcript.lanes.get((session_id, agent_id))
    if lane is None:
        lane = transcript.lanes[session_id, agent_id] = _new_lane(session_id, agent_id)
        lane.place = place
    return lane


def _new_lane(session_id: str, agent_id: str | None) -> Lane:
    """The compacting agent works for the main one; other agents named so serve the program itself."""
    session_key = f"claude:{session_id}"
    main_key = f"{session_id}:main"
    if agent_id is None:
        return Lane(session_key, main_key, None, main=True, sidechain=False)
    side = _SIDE_AGENT.fullmatch(agent_id)
    if side is None:
        return Lane(session_key, f"{session_id}:{agent_id}", agent_id, main=False, sidechain=True)
    if side[1] == _COMPACTING:
        return Lane(session_key, main_key, agent_id, main=True, sidechain=True, purpose=Purpose.COMPACTION)
    return Lane(
        session_key,
        f"{session_id}:{agent_id}",
        agent_id,
        main=False,
        sidechain=True,
        purpose=Purpose.SIDE_REQUEST,
    )
