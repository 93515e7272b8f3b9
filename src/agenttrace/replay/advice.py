"""What else could be changed, and what it would bring on the same servers: policies ranked beside the hardware."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.choices import Routing
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.levers import main_agents_first, most_at_once
from agenttrace.replay.playing import Stage, set_stage
from agenttrace.replay.steps import StepTimes

_CHUNKS = (512, 2048, 8192)
_FASTER = 2.0
_FEW_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Advice:
    """`gain`: the median session now over the median session then. `evidence`: how that is known."""

    lever: str
    change: str
    gain: float
    evidence: str


@dataclass(frozen=True, slots=True)
class _Faster:
    """The same servers, with every step that much shorter."""

    times: StepTimes
    factor: float

    def decode(self, sequences: int) -> tuple[float, float]:
        """Both parts shorter."""
        fixed, each = self.times.decode(sequences)
        return fixed / self.factor, each / self.factor

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """Shorter."""
        return self.times.prefill(new_tokens, past_tokens) / self.factor

    @property
    def prefill_start(self) -> float:
        """Shorter."""
        return self.times.prefill_start / self.factor

    @property
    def prefill_beside(self) -> float:
        """As `prefill_start`."""
        return self.times.prefill_beside / self.factor


def advise(stage: Stage, deployment: Deployment, fewer_tools: Stage | None) -> list[Advice]:
    """The levers, the best first. `fewer_tools`: the stage with tools that take half as long."""
    before = _median(stage, deployment)
    changes = [
        (
            "hardware",
            "every step twice as fast",
            replace(deployment, times=_Faster(deployment.times, _FASTER)),
        ),
        ("routing", *_other_routing(stage, deployment)),
        ("chunk", *_other_chunks(stage, deployment)),
    ]
    if deployment.kv_blocks is not None:
        changes.append(("retention", "KV cache without end", replace(deployment, kv_blocks=None)))
    first = replace(stage, demand=main_agents_first(stage.workload.requests, stage.demand))
    changed = [("priority", "main agents before their subagents", first)]
    limited = most_at_once(stage.workload, _FEW_AT_ONCE)
    if limited is not stage.workload:
        fewer = set_stage(limited, stage.load, stage.lanes, stage.reference)
        changed.append(("fanout", f"{_FEW_AT_ONCE} subagents at once, at most", fewer))
    found = [
        Advice(lever, change, before / max(_median(other, deployment), 1.0), "simulated")
        for lever, change, other in changed
    ]
    found += [
        Advice(lever, change, before / max(_median(stage, other), 1.0), "simulated")
        for lever, change, other in changes
    ]
    if fewer_tools is not None:
        after = _median(fewer_tools, deployment)
        found.append(Advice("tool", "tools that take half as long", before / max(after, 1.0), "simulated"))
    return sorted(found, key=lambda advice: -advice.gain)


def _median(stage: Stage, deployment: Deployment) -> float:
    wall = stage.play(deployment).wall
    return float(np.median(wall)) if len(wall) else 0.0


def _other_routing(stage: Stage, deployment: Deployment) -> tuple[str, Deployment]:
    others = [
        replace(deployment, routing=routing) for routing in Routing if routing is not deployment.routing
    ]
    if deployment.replicas == 1:
        return "another router", deployment
    best = min(others, key=lambda other: _median(stage, other))
    return f"router: {best.routing.value}", best


def _other_chunks(stage: Stage, deployment: Deployment) -> tuple[str, Deployment]:
    sizes = [size for size in (*_CHUNKS, UNLIMITED) if size != deployment.limits.step_tokens]
    others = [replace(deployment, limits=replace(deployment.limits, step_tokens=size)) for size in sizes]
    best = min(others, key=lambda other: _median(stage, other))
    size = best.limits.step_tokens
    return ("steps of any size" if size == UNLIMITED else f"steps of {size} tokens at most"), best
