"""What requests ask servers for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.replay.kept_times import Kept, kept_times
from agenttrace.replay.ragged import Ragged, laid_flat
from agenttrace.replay.workload import Workload

_MOST_TOKENS = 1 << 26
"""A prompt or an answer of more is a damaged number, and would be simulated for ever."""


@dataclass(frozen=True, slots=True, eq=False)
class DemandArrays:
    """The same as arrays. `kept`: whether each keeps its times, and both of these; None: none does."""

    prompt: Ints
    answer: Ints
    told_hit: Ints
    priority: Ints
    path_blocks: Ints
    lengths: Ints
    paths: Ragged
    kept: tuple[Ints, Ints, Ints] | None


@dataclass(frozen=True, eq=False)
class Demand:
    """What requests ask for, as lists: tokens of prompt and answer, cached ones where no blocks are known, priority.

    `agent`: a number for each agent of each session, in `order` of their requests. `kept`: of each the times that it
    takes whatever serves; None: as the servers are; empty: all of them.
    """

    prompt: list[int]
    answer: list[int]
    told_hit: list[int]
    priority: list[int]
    paths: Sequence[Sequence[int]]
    path_blocks: list[int]
    lengths: Sequence[int]
    agent: Sequence[int] = ()
    order: Sequence[int] = ()
    kept: Sequence[Kept | None] = ()

    @cached_property
    def arrays(self) -> DemandArrays:
        """As arrays. Raises OverflowError for what they cannot hold."""
        paths = laid_flat(self.paths)
        kept = None
        if self.kept:
            first, end = np.array([one or (0, 0) for one in self.kept], np.int64).T
            kept = np.array([one is not None for one in self.kept], np.int64), first, end
        return DemandArrays(
            prompt=np.array(self.prompt, np.int64),
            answer=np.array(self.answer, np.int64),
            told_hit=np.array(self.told_hit, np.int64),
            priority=np.array(self.priority, np.int64),
            path_blocks=np.array(self.path_blocks, np.int64),
            lengths=np.array(self.lengths, np.int64),
            paths=paths,
            kept=kept,
        )

    @cached_property
    def left(self) -> list[list[int]]:
        """Segments that only one agent's prompts hold, with the last request of it; nothing with the others."""
        owner: dict[int, int] = {}
        last: dict[int, int] = {}
        for row in self.order:
            agent = self.agent[row]
            last[agent] = row
            for segment in self.paths[row]:
                if owner.setdefault(segment, agent) != agent:
                    owner[segment] = NONE
        found: list[list[int]] = [[] for _ in self.paths]
        for segment, agent in owner.items():
            if agent != NONE:
                found[last[agent]].append(segment)
        return found


def demand_of(workload: Workload) -> Demand:
    """Requests of unknown tokens keep their times; where there are none such, they still take a step."""
    requests, prefixes = workload.requests, workload.prompts.prefixes
    return Demand(
        prompt=_known(requests.input_tokens, 1).tolist(),
        answer=_known(requests.output_tokens, 1).tolist(),
        told_hit=_known(requests.cached_tokens, 0).tolist(),
        priority=(-requests.priority).tolist(),
        paths=prefixes.paths,
        path_blocks=prefixes.blocks,
        lengths=prefixes.lengths,
        agent=_numbered(requests.session, requests.agent),
        order=np.argsort(requests.start, kind="stable").tolist(),
        kept=kept_times(workload),
    )


def _known(values: Ints, least: int) -> Ints:
    return np.where(values == NULL, least, np.clip(values, least, _MOST_TOKENS))


def _numbered(session: Ints, agent: Ints) -> list[int]:
    """A number for each agent of each session."""
    key = session * (agent.max(initial=0) + 2) + agent + 1
    return np.unique(key, return_inverse=True)[1].reshape(-1).tolist()
