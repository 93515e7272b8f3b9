"""The thread itself: its session, its lane, its subagents, and what ties their files together."""

from __future__ import annotations

import hashlib

from agenttrace.ingest.formats.codex.collected import Rollout
from agenttrace.ingest.formats.codex.threads import session_key
from agenttrace.ingest.recorder import Recorder

_TELEMETRY = "session:codex:"
"""Beginning of the keys under which the program's own telemetry names its threads."""
_REVIEW = "review"
"""The role of the thread of a review, which its parent waits for."""


def write_lanes(rollout: Rollout, recorder: Recorder) -> None:
    """Rows of session and agents. Each side names the other, so that either file ties the two together."""
    thread = rollout.thread
    key = thread.session_key
    recorder.session(
        session_key=key,
        source_id=thread.id,
        first_prompt_fingerprint=_fingerprint(rollout),
        truncated=True if rollout.truncated else None,
    )
    recorder.agent(
        session_key=key,
        agent_key=thread.id,
        source_id=thread.id,
        parent_agent_key=thread.parent,
        main=not thread.subagent,
        background=thread.role != _REVIEW if thread.subagent else None,
        name=thread.name,
        type=thread.role,
    )
    recorder.same_session(key, _TELEMETRY + thread.id)
    for above in (thread.parent, thread.session if thread.subagent else None):
        if above is not None and above != thread.id:
            recorder.same_session(key, session_key(above))
    _write_children(rollout, recorder)


def _write_children(rollout: Rollout, recorder: Recorder) -> None:
    """Subagents, and the threads of reviews."""
    thread, key = rollout.thread, rollout.thread.session_key
    for child in rollout.children.values():
        recorder.same_session(key, session_key(child.thread))
        recorder.agent(
            session_key=key,
            agent_key=child.thread,
            source_id=child.thread,
            parent_agent_key=thread.id,
            main=False,
            background=True,
            name=child.name,
            type=child.role,
            spawn_key=child.call.key if child.call is not None else None,
        )
    for review in rollout.reviews:
        if review.thread is not None:
            recorder.same_session(key, session_key(review.thread))
            recorder.agent(
                session_key=key,
                agent_key=review.thread,
                parent_agent_key=thread.id,
                main=False,
                background=False,
                type=_REVIEW,
                spawn_key=review.key,
            )


def _fingerprint(rollout: Rollout) -> str | None:
    if rollout.prompt is None or rollout.truncated or rollout.thread.subagent:
        return None
    return hashlib.sha256(rollout.prompt.encode(errors="replace")).hexdigest()
