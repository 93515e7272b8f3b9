"""Spans that start while what they waited for still runs, where no record says that they waited.

Many sources state starts in whole milliseconds, rounded down, and ends exactly. A tool that began when its
request ended then seems to begin a little earlier, and nothing that had finished explains its start. And
some agents start tools while the answer that asks for them is still being written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.columns import Codes, code, codes
from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.link_rows import Inferred
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.neighbours import first_after, last_before
from agenttrace.model import rules
from agenttrace.model.vocabulary import LinkKind

_WAITED_FOR = [code("kind", word) for word in ("request", "tool", "compaction", "user_wait", "interaction")]
_REQUEST, _TOOL = code("kind", "request"), code("kind", "tool")


def infer_overlaps(held: Held, stated: pl.DataFrame) -> list[Inferred]:
    """Links to spans without a stated dependency.

    From the sibling that ends first after the start, within the tolerance, if it had begun well before;
    else, to requests and tool calls, from the request beside them that is running and began last.
    """
    free = np.ones(held.spans.height, np.bool_)
    if stated.height:
        free[stated.filter("explicit").get_column("to_row").to_numpy()] = False
    spans = _Spans(
        codes(held.spans.get_column("kind")),
        held.spans.get_column("start_ns").to_numpy(),
        held.spans.get_column("end_ns").to_numpy(),
        held.parents,
    )
    sid = held.spans.get_column("sid").to_numpy()
    rounded_to, rounded_from = _rounded_down(spans, free)
    free[rounded_to] = False
    streamed_to, streamed_from = _streamed(spans, free)
    kind = LinkKind.FEEDS
    return [
        Inferred(sid[rounded_to], rounded_from, rounded_to, kind, rules.WITHIN_GRAIN),
        Inferred(sid[streamed_to], streamed_from, streamed_to, kind, rules.WHILE_RUNNING),
    ]


@dataclass(frozen=True, slots=True)
class _Spans:
    kind: Codes
    start: Rows
    end: Rows
    parent: Rows


def _rounded_down(spans: _Spans, free: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Of the `free` spans those that begin as the clock had it before something ended, and what that is."""
    long = spans.end - spans.start > TOLERANCE_NS
    before = np.flatnonzero(np.isin(spans.kind, _WAITED_FOR) & long)
    waiting = np.flatnonzero(free)
    found = first_after(
        spans.parent[waiting], spans.start[waiting] + 1, spans.parent[before], spans.end[before]
    )
    to, of = waiting[found != NONE], before[found[found != NONE]]
    close = (spans.end[of] <= spans.start[to] + 1 + TOLERANCE_NS) & (
        spans.start[of] < spans.start[to] - TOLERANCE_NS
    )
    return to[close], of[close]


def _streamed(spans: _Spans, free: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Of the `free` requests and calls those that begin while a request runs, and the last such."""
    request = spans.kind == _REQUEST
    running = np.flatnonzero(request)
    waiting = np.flatnonzero((request | (spans.kind == _TOOL)) & free)
    found = last_before(
        spans.parent[waiting], spans.start[waiting] - 1, spans.parent[running], spans.start[running]
    )
    to, of = waiting[found != NONE], running[found[found != NONE]]
    runs = spans.end[of] > spans.start[to]
    return to[runs], of[runs]
