"""Where a background agent's result was first used, inferred where no record says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ordering import order_of
from agenttrace.model import rules

CLOSE_NS = 50_000_000
"""An agent that waited goes on within so many nanoseconds of the end that it waited for."""

CLOSE_SHARE = 0.1
_WORK = ("request", "tool", "user_wait", "compaction")


def infer_uses(held: Held, joined: set[int]) -> pl.DataFrame:
    """Links (sid, from_row, to_row, rule, confidence) from background lanes to the request that used them.

    `joined` holds the numbers of lanes with a stated use. Two rules: the parent, idle while lanes ran on, goes on
    right after the last of their ends, and so used all that ended meanwhile; or a request of the parent, after the
    lane's end, answers a tool result although no tool of the parent ran before it, in a session of which tools are
    told; of several the first that came at once, after what was before it or after that end, for nobody waits for
    what is there. The first rule gives way where the parent sat still after other such ends, unless it goes on so
    soon that this can be no chance.
    """
    waiting = held.lanes.filter(pl.col("background") & pl.col("high").is_not_null()).select(
        "lane_no", "parent_lane_no", "sid", "high", "holder"
    )
    parents = _parents_at_work(held, waiting) if waiting.height else {}
    ended = [
        (sid, holder, parent, after)
        for lane_no, parent, sid, high, holder in waiting.iter_rows()
        if lane_no not in joined and parent in parents and (after := _after(parents[parent], high))
    ]
    woken = _woken((parent, after) for _, _, parent, after in ended)
    links: list[tuple[int, int, int, str, float | None]] = []
    for sid, holder, parent, after in ended:
        use = after.use(woken=after.idle and (parent, after.first) in woken)
        if use is not None:
            row, rule = use
            links.append((sid, holder, row, rule.name, rule.confidence))
    return _frame(links)


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


def _parents_at_work(held: Held, waiting: pl.DataFrame) -> dict[int, _Parent]:
    """The lanes whose agents were waiting, by their numbers; without those that did nothing."""
    spans = held.spans
    concerned = np.zeros(held.lanes.height + 1, np.bool_)
    concerned[waiting.get_column("parent_lane_no").to_numpy()] = True
    work = concerned[held.lane] & spans.get_column("kind").is_in(_WORK).to_numpy()
    work[held.lanes.get_column("holder").to_numpy()] = False
    rows = np.flatnonzero(work)
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    rows = rows[order_of(held.lane[rows], start[rows], end[rows])]
    facts = spans.select("kind", "trigger", "status")[rows]
    asks = (facts.get_column("kind") == "request").to_numpy()
    answers = (facts.get_column("trigger") == "tool_result").fill_null(value=False).to_numpy()
    sid = spans.get_column("sid")
    told = sid.is_in(sid.filter(spans.get_column("kind") == "tool").unique().implode())[rows].to_numpy()
    failed = facts.get_column("status").is_in(["cancelled", "error"]).fill_null(value=False)
    lane = held.lane[rows]
    bounds = np.flatnonzero(np.concatenate([[True], lane[1:] != lane[:-1], [True]])) if len(rows) else ()
    found: dict[int, _Parent] = {}
    for low, high in pairwise(bounds):
        part = slice(low, high)
        unexplained = np.concatenate([[True], (asks & ~failed.to_numpy())[low : high - 1]])
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


def _frame(links: list[tuple[int, int, int, str, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        links,
        schema={
            "sid": pl.Int64,
            "from_row": pl.Int64,
            "to_row": pl.Int64,
            "rule": pl.String,
            "confidence": pl.Float64,
        },
        orient="row",
    )
