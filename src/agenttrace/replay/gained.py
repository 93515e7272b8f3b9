"""Which phases a gain is made of, and the finding where most of it is a queue that the baseline had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.model.vocabulary import Phase
from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.caution import Caution

if TYPE_CHECKING:
    from agenttrace.replay.replaying import Answer, Replayed
    from agenttrace.replay.targets import Target

_MOST = 0.5


def gained(replayed: Replayed, answer: Answer) -> dict[str, int]:
    """Nanoseconds of the critical paths of all sessions that each phase loses; negative where one grows."""
    before, after = replayed.baseline_phases, answer.phases
    return {phase.value: before.get(phase.value, 0) - after.get(phase.value, 0) for phase in Phase}


def queue_cautions(replayed: Replayed) -> list[Caution]:
    """For platforms whose gain is mostly that a queue is gone: that is a matter of limits, and not of speed."""
    shares = []
    for answer in replayed.answers:
        by_phase = gained(replayed, answer)
        whole, queue = sum(by_phase.values()), by_phase[Phase.QUEUE]
        if whole > 0 and queue > _MOST * whole:
            target = answer.projected.target
            shares.append(f"{100 * queue / whole:.0f} % on {target.platform} ({_limit(target)})")
    if not shares:
        return []
    said = (
        f"of what is gained {', '.join(shares)} is queue before the baseline's servers ({_limit(replayed.baseline)}): "
        "more of the old servers would take that away, too"
    )
    return [Caution("mostly_queue", "warning", len(shares), said)]


def _limit(target: Target | None) -> str:
    if target is None:
        return "of limits that are not known"
    served = target.build({})
    servers, limit = served.replicas, served.limits.sequences
    return f"{servers}, of {'any number of' if limit >= UNLIMITED else limit} sequences at once"
