"""Hooks as spans of the harness: those whose length is stated, and those between a prompt and its request."""

from __future__ import annotations

from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Hook, Node, Role, Transcript
from agenttrace.ingest.formats.claude_code.rows import Span
from agenttrace.ingest.formats.claude_code.work import Work
from agenttrace.model.vocabulary import Evidence, Phase, SpanKind

_ASKING = "UserPromptSubmit"
_ATTACHED = 1_000
"""So many attachments may stand between a prompt and what its hook added."""


def write_hooks(work: Work) -> None:
    """A span for each; a tool's hooks are inside it."""
    for hook in work.transcript.hooks:
        node, start_ns = hook.node, _start(work.transcript, hook)
        if node.t_ns == UNKNOWN or start_ns is None or start_ns <= UNKNOWN:
            continue
        tool = work.transcript.tools.get(hook.tool_id or "")
        inside = tool is not None and tool.start_ns <= start_ns and node.t_ns <= tool.end_ns
        evidence = Evidence.MEASURED if hook.duration_ns is not None else Evidence.BOUNDED
        work.rows.spans.append(
            Span(
                session_key=node.lane.session_key,
                span_key=f"hook:{node.uuid}",
                agent_key=node.lane.agent_key,
                parent_key=tool.key if tool is not None and inside else None,
                place=node.place,
                kind=SpanKind.OTHER,
                purpose=node.lane.purpose,
                name=f"hook:{hook.event}",
                start_ns=start_ns,
                end_ns=node.t_ns,
                start_evidence=evidence,
                end_evidence=evidence,
                own_phase=Phase.HARNESS,
            )
        )


def _start(transcript: Transcript, hook: Hook) -> int | None:
    if hook.duration_ns is not None:
        return hook.node.t_ns - hook.duration_ns
    prompt = _prompt_above(transcript, hook.node) if hook.event == _ASKING else None
    return prompt.t_ns if prompt is not None and prompt.t_ns <= hook.node.t_ns else None


def _prompt_above(transcript: Transcript, node: Node) -> Node | None:
    here: Node | None = node
    for _ in range(_ATTACHED):
        here = transcript.nodes.get(here.parent or "") if here is not None else None
        if here is None or here.role is not Role.OTHER:
            break
    return here if here is not None and here.role is Role.PROMPT else None
