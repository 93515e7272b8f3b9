"""Rows of a run: a span for each node, a lane for each tool that runs an agent."""

from __future__ import annotations

from agenttrace.ingest.formats.nat.nodes import Node, Tree
from agenttrace.ingest.formats.nat.runs import Run
from agenttrace.ingest.formats.nat.steps import LLM, TOOL, WORKFLOW
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.stretches import Stretch
from agenttrace.model.vocabulary import Evidence, Phase, SpanKind, Status

_KINDS = {LLM: SpanKind.REQUEST, TOOL: SpanKind.TOOL, WORKFLOW: SpanKind.AGENT}


def write_run(run: Run, recorder: Recorder) -> None:
    """All of a run, and the ids by which other files may know parts of it, or other runs of its conversation."""
    key = run.key
    for node in run.tree.nodes:
        _write_node(node, run.tree, key, recorder)
        if run.tree.runs_agent(node):
            _write_agent(node, run.tree, key, recorder)
        for known in {node.uuid, node.parent}:
            if known is not None and (known == node.uuid or not run.tree.knows(known)):
                recorder.same_session(key, f"nat:{known}")
    workflow = run.workflow
    if workflow and workflow.conversation:
        recorder.same_session(key, f"nat:conversation:{workflow.conversation}")
    recorder.session(
        session_key=key,
        source_id=(workflow.conversation or workflow.run_id) if workflow else None,
        task_id=run.task,
        first_prompt_fingerprint=workflow.fingerprint if workflow else None,
    )


def _span_key(node: Node, tree: Tree) -> str:
    return f"step:{node.uuid}" if tree.owns_key(node) else f"step:{node.uuid}:{node.category}"


def _lane(tool: Node) -> str:
    return f"nat:agent:{tool.uuid}"


def _write_node(node: Node, tree: Tree, key: str, recorder: Recorder) -> None:
    is_request = node.category == LLM
    streamed_text = node.first_chunk_ns is not None or node.opened_ns is None
    runner = None if tree.executes(node) else tree.runner(node)
    Stretch(
        session_key=key,
        key=_span_key(node, tree),
        kind=_KINDS.get(node.category, SpanKind.OTHER),
        line=node.line,
        agent_key=_lane(runner) if runner is not None else None,
        parent_key=f"step:{node.parent}" if node.parent else None,
        name=None if is_request else node.name,
        own_phase=_own_phase(node, tree),
        start_ns=node.start_ns,
        end_ns=node.end_ns,
        status=None if node.ended else Status.UNFINISHED,
        model=node.name if is_request else None,
        first_token_ns=node.first_chunk_ns if streamed_text else node.opened_ns,
        first_token_evidence=Evidence.MEASURED if streamed_text else Evidence.BOUNDED,
        last_token_ns=node.last_chunk_ns,
        input_tokens=node.input_tokens,
        cache_read_tokens=node.cached_tokens,
        output_tokens=node.output_tokens,
        reasoning_tokens=node.reasoning_tokens,
    ).record(recorder)


def _own_phase(node: Node, tree: Tree) -> Phase | None:
    """A function inside a tool is the tool's own time, but for those of the agent that the tool runs."""
    if node.category in _KINDS:
        return None
    holder = next((one for one in tree.above(node) if one.category in _KINDS), None)
    if holder is None or holder.category != TOOL:
        return Phase.HARNESS
    return Phase.HARNESS if tree.runs_agent(holder) and not tree.executes(node) else Phase.TOOL


def _write_agent(tool: Node, tree: Tree, key: str, recorder: Recorder) -> None:
    outer = tree.runner(tool)
    recorder.agent(
        session_key=key,
        agent_key=_lane(tool),
        parent_agent_key=_lane(outer) if outer is not None else None,
        main=False,
        name=tool.name,
        spawn_key=_span_key(tool, tree),
    )
