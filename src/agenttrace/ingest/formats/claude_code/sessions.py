"""What a file says of its sessions: their ids, their first prompt, and which of them are kin."""

from __future__ import annotations

import hashlib

from agenttrace.ingest.formats.claude_code.collected import Transcript
from agenttrace.ingest.recorder import Recorder


def write_sessions(transcript: Transcript, recorder: Recorder) -> None:
    """One row a session, and edges between sessions that share records, or go on from each other."""
    prompts: dict[str, str] = {}
    for prompt in transcript.prompts:
        prompts.setdefault(prompt.node.lane.session_key, prompt.text)
    for session_key in dict.fromkeys(lane.session_key for lane in transcript.lanes.values()):
        here = session_key in transcript.first_parents
        first = transcript.first_parents.get(session_key)
        whole = here and (first is None or first in transcript.nodes)
        said = prompts.get(session_key)
        recorder.session(
            session_key=session_key,
            source_id=session_key.removeprefix("claude:"),
            first_prompt_fingerprint=_fingerprint(said) if said and whole else None,
            truncated=not whole if here else None,
        )
    for root in transcript.roots:
        recorder.same_family(root.lane.session_key, f"claude-root:{root.uuid}")
    if len(transcript.first_parents) > 1:
        _join_sessions(transcript, recorder)


def _join_sessions(transcript: Transcript, recorder: Recorder) -> None:
    """A chain that goes on under another id is one session, resumed."""
    for node in transcript.nodes.values():
        above = transcript.nodes.get(node.parent or "")
        if above is not None and above.lane.session_key != node.lane.session_key:
            recorder.same_session(above.lane.session_key, node.lane.session_key)


def _fingerprint(said: str) -> str:
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()
