"""Waiting that no record states: for the user, and while the machine slept or the session lay idle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import are, code, codes, numbers, same, worded
from agenttrace.ingest.assembly.frames import put, stacked
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.neighbours import last_before
from agenttrace.ingest.assembly.ordering import order_of, reached_before
from agenttrace.ingest.assembly.parents import views_of_requests
from agenttrace.ingest.assembly.uses import CLOSE_NS, CLOSE_SHARE

_LEAF = ("request", "tool", "compaction", "user_wait", "other")


class _Gaps(NamedTuple):
    """Stretches of main lanes in which nothing is told."""

    lane: Rows
    start: Rows
    end: Rows


def add_waits(held: Held, suspend_after_ns: int, untimed: pl.Series) -> Held:
    """Adds spans of kind user_wait to main lanes; those beyond the limit are suspended time.

    A user is waited for where the main agent has nothing outstanding, and what comes next answers a
    message of the user's, or is a new interaction; neither a compaction nor what follows one is, nor what comes at
    once when an agent in the background is done.
    Where nothing at all ran for longer than the limit, the session was suspended, whatever came next.
    The sessions `untimed` have no gaps that mean anything.
    """
    held = _appended(held, _gaps(held, suspend_after_ns, untimed))
    length = (held.spans.get_column("end_ns") - held.spans.get_column("start_ns")).to_numpy()
    phase = codes(held.spans.get_column("own_phase"))
    slept = are(held.spans, "kind", "user_wait") & (length > suspend_after_ns) & (phase == NONE)
    if not slept.any():
        return held
    suspended = np.where(slept, np.int8(code("own_phase", "suspended")), phase)
    return Held(put(held.spans, worded("own_phase", suspended)), held.parents, held.lane, held.lanes)


def _gaps(held: Held, suspend_after_ns: int, untimed: pl.Series) -> _Gaps:
    """Of gaps that begin at one instant of a lane, the first."""
    user, idle = _user_gaps(held), _idle_gaps(held, suspend_after_ns)
    lane, start, end = (np.concatenate(each) for each in zip(user, idle, strict=True))
    sid = held.lanes.get_column("sid").to_numpy()[lane]
    order = np.lexsort((lane, start))
    again = (lane[order[1:]] == lane[order[:-1]]) & (start[order[1:]] == start[order[:-1]])
    kept = ~np.isin(sid, untimed.to_numpy())
    kept[order[1:][again]] = False
    rows = np.flatnonzero(kept)
    return _Gaps(lane[rows], start[rows], end[rows])


def _in_order(gaps: _Gaps, sid: Rows) -> _Gaps:
    order = np.lexsort((gaps.end, gaps.start, sid[gaps.lane]))
    return _Gaps(*(column[order] for column in gaps))


def _main_rows(held: Held) -> Rows:
    """What main agents did, by lane and start; views of a request are the request, whose clock may be another."""
    work = held.lanes.get_column("main").to_numpy()[held.lane]
    work[held.lanes.get_column("holder").to_numpy()] = False
    work &= ~are(held.spans, "kind", "session") & ~views_of_requests(held.spans, held.parents)
    rows = np.flatnonzero(work)
    start, end = (held.spans.get_column(name).to_numpy()[rows] for name in ("start_ns", "end_ns"))
    return rows[order_of(held.lane[rows], start, -end)]


def _user_gaps(held: Held) -> _Gaps:
    spans, rows = held.spans, _main_rows(held)
    lane = held.lane[rows]
    start, end = (spans.get_column(name).to_numpy()[rows] for name in ("start_ns", "end_ns"))
    follows, reach = reached_before(end, lane)
    after_summary = follows.copy()
    after_summary[1:] &= are(spans, "purpose", "compaction")[rows[:-1]]
    first_attempt = numbers(spans.get_column("attempt"), 1) == 1
    asks = are(spans, "kind", "request") & are(spans, "trigger", "user_message") & first_attempt
    called = are(spans, "kind", "interaction")
    gaps = ((asks[rows] & ~after_summary) | called[rows]) & follows & (reach < start)
    found = _not_ended_by_agents(held, _Gaps(lane[gaps], reach[gaps], start[gaps]))
    return _in_order(found, held.lanes.get_column("sid").to_numpy())


def _not_ended_by_agents(held: Held, gaps: _Gaps) -> _Gaps:
    """Without those that end at once where a background agent does: its result came as a message, no user's."""
    background = held.lanes.get_column("background") & held.lanes.get_column("high").is_not_null()
    if not background.any() or not len(gaps.lane):
        return gaps
    lane, high = (
        held.lanes.get_column(name).filter(background).to_numpy() for name in ("parent_lane_no", "high")
    )
    last = last_before(gaps.lane, gaps.end, lane, high)
    pause, resume = gaps.end - gaps.start, gaps.end - high[last]
    close = np.minimum(CLOSE_NS, CLOSE_SHARE * pause)
    stays = ~((last != NONE) & (resume < pause) & (resume <= close))
    return _Gaps(*(column[stays] for column in gaps))


def _idle_gaps(held: Held, suspend_after_ns: int) -> _Gaps:
    """Stretches longer than the limit in which no span of the session ran at all."""
    leaf = np.flatnonzero(are(held.spans, "kind", *_LEAF))
    sid, start, end = (held.spans.get_column(name).to_numpy()[leaf] for name in ("sid", "start_ns", "end_ns"))
    order = order_of(sid, start, end)
    sid, start, end = sid[order], start[order], end[order]
    follows, reach = reached_before(end, sid)
    idle = follows & (start - reach > suspend_after_ns)
    lanes = held.lanes.get_column("sid").to_numpy()
    main_lane = np.zeros(lanes.max(initial=0) + 1, np.int64)
    mains = np.flatnonzero(held.lanes.get_column("main").to_numpy())
    main_lane[lanes[mains]] = mains
    return _in_order(_Gaps(main_lane[sid[idle]], reach[idle], start[idle]), lanes)


def _appended(held: Held, gaps: _Gaps) -> Held:
    if not len(gaps.lane):
        return held
    count = len(gaps.lane)
    keys = pl.Series(gaps.start).cast(pl.String)
    waits = {
        "sid": held.lanes.get_column("sid").to_numpy()[gaps.lane],
        "start_ns": gaps.start,
        "end_ns": gaps.end,
        "kind": same("kind", "user_wait", count),
        "span_key": "user_wait:" + keys,
        "purpose": same("purpose", "turn", count),
        "start_evidence": same("start_evidence", "derived", count),
        "end_evidence": same("end_evidence", "derived", count),
        "blocking": np.ones(count, np.bool_),
        "open_end": np.zeros(count, np.bool_),
        "origin": np.full(count, NONE, np.int32),
    }
    return Held(
        stacked(held.spans, pl.DataFrame(waits)),
        np.concatenate([held.parents, held.lanes.get_column("holder").to_numpy()[gaps.lane]]),
        np.concatenate([held.lane, gaps.lane]),
        held.lanes,
    )
