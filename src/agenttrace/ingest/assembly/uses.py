"""Where a background agent's result was first used, inferred where no record says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest.assembly.columns import are, known, numbers
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.link_rows import Inferred
from agenttrace.ingest.assembly.lookup import Rows
from agenttrace.ingest.assembly.ordering import order_of
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind

CLOSE_NS = 50_000_000
"""An agent that waited goes on within so many nanoseconds of the end that it waited for."""

CLOSE_SHARE = 0.1
_WORK = ("request", "tool", "user_wait", "compaction")


def infer_uses(held: Held, joined: set[int]) -> list[Inferred]:
    """Links from background lanes to the request that used them.

    `joined` holds the numbers of lanes with a stated use. Two rules: the parent, idle while lanes ran on, goes on
    right after the last of their ends, and so used all that ended meanwhile; or a request of the parent, after the
    lane's end, answers a tool result although no tool of the parent ran before it, in a session of which tools are
    told; of several the first that came at once, after what was before it or after that end, for nobody waits for
    what is there. The first rule gives way where the parent sat still after other such ends, unless it goes on so
    soon that this can be no chance.
    """
    lanes = held.lanes
    sids, holders, above = (lanes.get_column(name).to_numpy() for name in ("sid", "holder", "parent_lane_no"))
    high = lanes.get_column("high")
    waiting = np.flatnonzero(lanes.get_column("background").to_numpy() & known(high))
    parents = _parents_at_work(held, above[waiting]) if len(waiting) else {}
    ended = [
        (int(lane), parent, after)
        for lane, parent, end in zip(
            waiting, above[waiting].tolist(), numbers(high)[waiting].tolist(), strict=True
        )
        if lane not in joined and parent in parents and (after := _after(parents[parent], end))
    ]
    woken = _woken((parent, after) for _, parent, after in ended)
    uses = [
        (lane, *use)
        for lane, parent, after in ended
        if (use := after.use(woken=after.idle and (parent, after.first) in woken))
    ]
    found = []
    for rule in (rules.GOES_ON, rules.UNEXPLAINED_RESULT):
        lane, row = (np.array([use[place] for use in uses if use[2] is rule], np.int64) for place in (0, 1))
        found.append(Inferred(sids[lane], holders[lane], row, LinkKind.JOINS, rule))
    return found


def _woken(ended: Iterable[tuple[int, _After]]) -> set[tuple[int, int]]:
    """The pauses, by parent and what ended them, that were over because the last of the lanes was done."""
    last: dict[tuple[int, int], _After] = {}
    for parent, after in ended:
        pause = parent, after.first
        if after.idle and (pause not in last or after.resume_ns < last[pause].resume_ns):
            last[pause] = after
    unmoved = {parent for (parent, _), after in last.items() if not after.soon}
    return {
        (parent, first)
        for (parent, first), after in last.items()
        if after.at_once or (after.soon and parent not in unmoved)
    }


@dataclass(frozen=True, slots=True)
class _Parent:
    """What a lane did, by start.

    `reach`: the end of all that came so far. `requests`, `answers`: the places of requests, and of those that answer
    a tool result although no tool call stands before them.
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    reach: NDArray[np.int64]
    requests: NDArray[np.int64]
    answers: NDArray[np.int64]

    def answer_to(self, first: int, high: int) -> int | None:
        """The place of the answer, at or after the place `first`, to what ended at `high`; None if there is none."""
        later = self.answers[np.searchsorted(self.answers, first) :]
        if not len(later):
            return None
        pause = self.starts[later] - self.reach[np.maximum(later - 1, 0)]
        waited = np.minimum(pause, self.starts[later] - high)
        at_once = np.flatnonzero((waited <= CLOSE_NS) | ((waited < pause) & (waited <= CLOSE_SHARE * pause)))
        return int(later[at_once[0] if len(at_once) else 0])


def _parents_at_work(held: Held, parents: Rows) -> dict[int, _Parent]:
    """These lanes, whose agents were waiting, by their numbers; without those that did nothing."""
    spans = held.spans
    concerned = np.zeros(held.lanes.height + 1, np.bool_)
    concerned[parents] = True
    work = concerned[held.lane] & are(spans, "kind", *_WORK)
    work[held.lanes.get_column("holder").to_numpy()] = False
    rows = np.flatnonzero(work)
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    rows = rows[order_of(held.lane[rows], start[rows], end[rows])]
    asks, answers = are(spans, "kind", "request")[rows], are(spans, "trigger", "tool_result")[rows]
    sid = spans.get_column("sid").to_numpy()
    told = np.isin(sid[rows], np.unique(sid[are(spans, "kind", "tool")]))
    failed = are(spans, "status", "cancelled", "error")[rows]
    lane = held.lane[rows]
    bounds = np.flatnonzero(np.concatenate([[True], lane[1:] != lane[:-1], [True]])) if len(rows) else ()
    found: dict[int, _Parent] = {}
    for low, high in pairwise(bounds):
        part = slice(low, high)
        unexplained = np.concatenate([[True], (asks & ~failed)[low : high - 1]])
        found[int(lane[low])] = _Parent(
            rows[part],
            start[rows[part]],
            np.maximum.accumulate(end[rows[part]]),
            np.flatnonzero(asks[part]),
            np.flatnonzero(asks[part] & answers[part] & told[part] & unexplained),
        )
    return found


@dataclass(frozen=True, slots=True)
class _After:
    """What a lane did after the end of its background work.

    `idle`: it had nothing to do by then, for `pause_ns`, of which `resume_ns` came after that end. `asks`: it went
    on with a request. `first`: the span with which it went on. `answer`: its next request that answers a tool result
    although no tool ran.
    """

    idle: bool
    pause_ns: int
    resume_ns: int
    asks: bool
    first: int
    answer: int | None

    @property
    def soon(self) -> bool:
        """It went on as if it had waited."""
        close = max(CLOSE_NS, CLOSE_SHARE * self.pause_ns)
        return self.asks and self.resume_ns <= close and self.resume_ns < self.pause_ns

    @property
    def at_once(self) -> bool:
        """It went on so soon after so long that it had waited."""
        return self.asks and self.resume_ns <= min(CLOSE_NS, CLOSE_SHARE * self.pause_ns)

    def use(self, *, woken: bool) -> tuple[int, rules.Rule] | None:
        """Where the work was used, and by which rule; `woken`: whether its end made this lane go on."""
        if woken:
            return self.first, rules.GOES_ON
        return None if self.answer is None else (self.answer, rules.UNEXPLAINED_RESULT)


def _after(parent: _Parent, high: int) -> _After | None:
    first = int(np.searchsorted(parent.starts, high, side="left"))
    if first >= len(parent.starts) or not len(parent.requests) or parent.requests[-1] < first:
        return None
    reach = int(parent.reach[first - 1]) if first else high
    pause = int(parent.starts[first]) - reach
    answer = parent.answer_to(first, high)
    return _After(
        idle=reach <= high and pause > 0,
        pause_ns=pause,
        resume_ns=int(parent.starts[first]) - high,
        asks=bool(parent.requests[np.searchsorted(parent.requests, first)] == first),
        first=int(parent.rows[first]),
        answer=None if answer is None else int(parent.rows[answer]),
    )
