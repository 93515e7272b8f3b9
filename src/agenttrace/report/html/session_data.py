"""A session's timeline as the page's program wants it: packed columns, every name once.

lanes   [name, place of the parent's lane or -1, turn that spawned it or 0, depth, in the background, place of the
        span that holds it or -1]
runs    [lane, row, spans]: the spans stand in this order, and by start in each row
spans   gap_ns (since the end of the span before in its row, or since the session's start), length_ns,
        span, kind, name, purpose, status, turn, tokens, slack, drag, parts: see `_spans`
slices  `parts` of each span, in its order: phase, gap_ns (since the slice before, or the span's start),
        length_ns, where 0 means as far as the span's end
path    the critical path from start to end, without gaps: length_ns, the place of its span plus 1 (0: a lane
        itself), lane, phase, purpose, evidence, inferred
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from agenttrace.model.vocabulary import Status
from agenttrace.report.escaping import clipped, printable
from agenttrace.report.html.packing import packed, packed_known
from agenttrace.report.timeline.timeline import Timeline

_NAME_LIMIT = 200
_STATUS_CODES = {status.value: code for code, status in enumerate(Status)}
_KNOWN = ("turn", "input_tokens", "cache_read_tokens", "output_tokens", "slack_ns", "drag_ns")


def session_data(timeline: Timeline) -> dict[str, Any]:
    """Everything about a session that is drawn."""
    names = _names(timeline)
    return {
        "id": printable(timeline.session),
        "start_ms": timeline.start_ns // 10**6,
        "wall_ns": timeline.end_ns - timeline.start_ns,
        "lanes": _lanes(timeline),
        "names": [clipped(printable(name), _NAME_LIMIT) for name in names],
        "runs": _runs(timeline.spans),
        "spans": _spans(timeline, names),
        "slices": _slices(timeline),
        "path": _path(timeline.path),
    }


def _lanes(timeline: Timeline) -> list[list[Any]]:
    held = timeline.held_by
    return [
        [
            clipped(printable(lane.name), _NAME_LIMIT) if lane.name else "",
            -1 if lane.parent is None else lane.parent,
            lane.turn or 0,
            lane.depth,
            int(lane.background),
            held.get(lane.agent, -1),
        ]
        for lane in timeline.lanes
    ]


def _names(timeline: Timeline) -> list[str]:
    """All names of spans, models and errors, sorted, the empty one first."""
    said = timeline.spans.select("name", "model", "error")
    return sorted({"", *(name for column in said for name in column.drop_nulls().to_list())})


def _runs(spans: pl.DataFrame) -> list[list[int]]:
    runs = spans.group_by("lane", "row", maintain_order=True).len()
    return [list(row) for row in runs.iter_rows()]


def _spans(timeline: Timeline, names: Sequence[str]) -> dict[str, Any]:
    spans = timeline.spans
    start, end = spans["start_ns"].to_numpy(), spans["end_ns"].to_numpy()
    parts = np.bincount(timeline.slices["place"].to_numpy(), minlength=spans.height)
    number = {name: place for place, name in enumerate(names)}
    words = {column: _numbered(spans[column], number) for column in ("name", "model", "error")}
    return {
        "n": spans.height,
        "gap_ns": packed(_gaps(spans, start, end, timeline.start_ns)),
        "length_ns": packed(end - start),
        "span": packed(spans["span"]),
        "kind": packed(spans["kind"].to_physical()),
        "purpose": packed(spans["purpose"].to_physical()),
        "status": packed_known(
            spans["status"].replace_strict(_STATUS_CODES, default=None, return_dtype=pl.Int64)
        ),
        "critical_ns": packed(spans["critical_ns"]),
        "outer": packed_known(pl.Series(_outer(spans))),
        "parts": packed(parts),
        **words,
        **{name: packed_known(spans[name]) for name in _KNOWN if name in spans.columns},
    }


def _outer(spans: pl.DataFrame) -> list[int | None]:
    """The place of the span around each one that lies in one."""
    return [outer if inner else None for outer, inner in spans.select("outer", "inner").iter_rows()]


def _numbered(words: pl.Series, number: dict[str, int]) -> str:
    return packed(words.fill_null("").replace_strict(number, return_dtype=pl.Int64))


def _gaps(spans: pl.DataFrame, start: np.ndarray, end: np.ndarray, session_start: int) -> np.ndarray:
    before = np.full(len(start), session_start, np.int64)
    lane, row = spans["lane"].to_numpy(), spans["row"].to_numpy()
    same = (lane[1:] == lane[:-1]) & (row[1:] == row[:-1])
    before[1:][same] = end[:-1][same]
    return np.maximum(start - before, 0)


def _slices(timeline: Timeline) -> dict[str, Any]:
    slices, spans = timeline.slices, timeline.spans
    place = slices["place"].to_numpy()
    start, end = slices["start_ns"].to_numpy(), slices["end_ns"].to_numpy()
    before = spans["start_ns"].to_numpy()[place]
    same = place[1:] == place[:-1]
    before[1:][same] = end[:-1][same]
    to_the_end = end == spans["end_ns"].to_numpy()[place]
    return {
        "n": slices.height,
        "phase": packed(slices["phase"].to_physical()),
        "gap_ns": packed(np.maximum(start - before, 0)),
        "length_ns": packed(np.where(to_the_end, 0, end - start)),
    }


def _path(path: pl.DataFrame) -> dict[str, Any]:
    return {
        "n": path.height,
        "length_ns": packed(path["end_ns"] - path["start_ns"]),
        "place": packed_known(path["place"]),
        "lane": packed(path["lane"]),
        "phase": packed(path["phase"].to_physical()),
        "purpose": packed(path["purpose"].to_physical()),
        "evidence": packed(path["evidence"].to_physical()),
        "inferred": packed(path["inferred"].cast(pl.Int64)),
    }
