"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.nat.steps import STEPS, kind_of
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Nat:
    """The intermediate steps of NVIDIA NeMo Agent Toolkit."""

    id = "nat"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="NeMo Agent Toolkit: all_requests_profiler_traces.json, workflow_output.json, and streams of steps",
        containers=("JSON document", "JSON list", "JSON lines"),
        measured=(
            "requests, tools, functions and workflows",
            "first token (where tokens were streamed; a bound where only tool calls were)",
            "tokens, cached ones among them",
        ),
        derived=(
            "decode (where tokens were streamed)",
            "subagents: tools that call a model",
            "joins",
            "waits between the runs of a conversation",
        ),
        untold=("queue and prefill", "failures", "retries", "compactions", "cache writes"),
    )

    def sniff(self, head: Head) -> bool:
        """A step among the first values, or in the list of steps of one."""
        return any(_is_step(item) or _holds_steps(item) for item in head.items)

    def read(self, source: Source, recorder: Recorder) -> None:
        """A session for each run of a workflow, or for the runs of a conversation."""
        from agenttrace.ingest.formats.nat.reading import read_steps  # noqa: PLC0415

        read_steps(source, recorder)


def _is_step(item: Mapping[str, Any]) -> bool:
    payload = item.get("payload")
    return (
        isinstance(payload, dict)
        and kind_of(payload.get("event_type")) is not None
        and "UUID" in payload
        and ("function_ancestry" in item or "parent_id" in item)
    )


def _holds_steps(item: Mapping[str, Any]) -> bool:
    steps = item.get(STEPS)
    return isinstance(steps, list) and any(isinstance(step, dict) and _is_step(step) for step in steps)
