"""What is said of sessions: their ids, their first prompt, and which of them are kin."""

from __future__ import annotations

import hashlib

from agenttrace.ingest.formats.claude_code.collected import Lane, Transcript
from agenttrace.ingest.formats.claude_code.places import Recorders


def write_sessions(transcript: Transcript, recorders: Recorders) -> None:
    """One row a session, and edges between sessions that share records, or go on from each other."""
    prompts: dict[str, str] = {}
    for prompt in sorted(transcript.prompts, key=lambda prompt: (prompt.node.t_ns, prompt.node.uuid)):
        prompts.setdefault(prompt.node.lane.session_key, prompt.text)
    main = {
        lane.session_key: lane
        for lane in transcript.lanes.values()
        if lane.main and not lane.sidechain and lane.first
    }
    places = {lane.session_key: lane.place for lane in reversed(transcript.lanes.values())}
    for session_key, place in places.items():
        whole = _is_whole(transcript, main[session_key]) if session_key in main else False
        said = prompts.get(session_key)
        recorders.at(place).session(
            session_key=session_key,
            source_id=session_key.removeprefix("claude:"),
            first_prompt_fingerprint=_fingerprint(said) if said and whole else None,
            truncated=not whole if session_key in main else None,
        )
    for root in transcript.roots:
        recorders.at(root.place).same_family(root.lane.session_key, f"claude-root:{root.uuid}")
    if len(main) > 1:
        _join_sessions(transcript, recorders)


def _is_whole(transcript: Transcript, lane: Lane) -> bool:
    """Whether the chain of the earliest record goes back to one that has none before it."""
    seen: set[str] = set()
    here = lane.first
    while here is not None and here not in seen:
        seen.add(here)
        node = transcript.nodes.get(here)
        if node is None:
            return False
        here = node.parent
    return True


def _join_sessions(transcript: Transcript, recorders: Recorders) -> None:
    """A chain that goes on under another id is one session, resumed."""
    for node in transcript.nodes.values():
        above = transcript.nodes.get(node.parent or "")
        if above is not None and above.lane.session_key != node.lane.session_key:
            recorders.at(node.place).same_session(above.lane.session_key, node.lane.session_key)


def _fingerprint(said: str) -> str:
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()
