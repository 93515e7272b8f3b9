"""Keys of spans: by the scope that a step was, so that the runtime's own events give the same; else by its place."""

from __future__ import annotations

from agenttrace.ingest.formats.atif.documents import Trajectory
from agenttrace.ingest.formats.atif.steps import Call, Step


def step_key(trajectory: Trajectory, step: Step) -> str:
    """The span of a step itself: a request, a compaction, what a system did."""
    return f"scope:{step.ran.scope}" if step.ran.scope else f"{trajectory.key}:{step.number}"


def call_key(trajectory: Trajectory, step: Step, call: Call) -> str:
    """The span of a tool call."""
    return (
        f"scope:{call.ran.scope}" if call.ran.scope else f"{trajectory.key}:{step.number}:call:{call.call_id}"
    )


def stretch_key(trajectory: Trajectory, step: Step) -> str:
    """The span of the time up to a step in which tools and a model ran, nobody says when."""
    return f"{trajectory.key}:{step.number}:before"
