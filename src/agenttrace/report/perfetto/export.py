"""Sessions as a trace for Perfetto: a process each, its critical path on top, then a track for each row of each lane.

Slices nest: a span, and inside it the phases that it is divided into. Arrows lead from the call that spawned a subagent
to the subagent's first span, from its last one to what the parent did next, and along the critical path wherever that
goes from one lane into another. Instants are exact, in nanoseconds of Unix time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import polars as pl

from agenttrace.report.escaping import printable
from agenttrace.report.perfetto import wire
from agenttrace.report.perfetto.arrows import Arrows, find_arrows
from agenttrace.report.timeline.lanes import Lane
from agenttrace.report.timeline.timeline import Timeline

_TOLD = (
    "turn",
    "purpose",
    "status",
    "error",
    "model",
    "input_tokens",
    "cache_read_tokens",
    "output_tokens",
    "slack_ns",
    "drag_ns",
)
Row = dict[str, Any]


def to_perfetto(timelines: Iterable[Timeline]) -> Iterator[bytes]:
    """The packets of a trace, which may be written one after the other."""
    uuids, flows = count(1), count(1)
    for pid, timeline in enumerate(timelines, 1):
        process = next(uuids)
        yield wire.packet(wire.process_track(process, pid, printable(timeline.session)), first=pid == 1)
        arrows = find_arrows(timeline, flows)
        yield from _path_track(timeline, next(uuids), process, arrows)
        yield from _context_track(timeline, next(uuids), process)
        yield from _lane_tracks(timeline, uuids, process, arrows)


def _path_track(timeline: Timeline, uuid: int, process: int, arrows: Arrows) -> Iterator[bytes]:
    yield wire.packet(wire.child_track(uuid, process, "critical path", 0))
    names = timeline.spans.select("name", "kind").rows()
    for place, row in enumerate(timeline.path.iter_rows(named=True)):
        name, kind = names[row["place"]] if row["place"] is not None else (None, "agent program")
        facts = {
            "of": printable(name or kind),
            "lane": lane_name(timeline.lanes[row["lane"]], row["lane"]),
            "purpose": row["purpose"],
            "evidence": row["evidence"],
            "inferred": row["inferred"],
        }
        begin = wire.slice_begin(
            uuid,
            row["phase"],
            "critical path",
            facts,
            flows=arrows.from_stretch.get(place, ()),
            ending_flows=arrows.to_stretch.get(place, ()),
        )
        yield wire.packet(begin, row["start_ns"])
        yield wire.packet(wire.slice_end(uuid), row["end_ns"])


def _context_track(timeline: Timeline, uuid: int, process: int) -> Iterator[bytes]:
    """The tokens that the main agent sends with each request."""
    main = timeline.spans.filter((pl.col("lane") == 0) & (pl.col("kind").cast(pl.String) == "request"))
    sent = main.drop_nulls("input_tokens").sort("start_ns", "span").select("start_ns", "input_tokens").rows()
    if sent:
        yield wire.packet(wire.counter_track(uuid, process, "context of the main agent (tokens)", 1))
    for start, tokens in sent:
        yield wire.packet(wire.counter_value(uuid, tokens), start)


def _lane_tracks(timeline: Timeline, uuids: Iterator[int], process: int, arrows: Arrows) -> Iterator[bytes]:
    spans = timeline.spans.with_row_index("place")
    slices = _by_place(timeline.slices)
    tracks: dict[tuple[int, int], int] = {}
    for rank, row in enumerate(spans.iter_rows(named=True), 2):
        key = row["lane"], row["row"]
        if key not in tracks:
            tracks[key] = next(uuids)
            name = lane_name(timeline.lanes[row["lane"]], row["lane"]) + (
                f" ({row['row'] + 1})" if row["row"] else ""
            )
            yield wire.packet(wire.child_track(tracks[key], process, name, rank))
        yield from _span(row, slices.get(row["place"], []), tracks[key], arrows)


def _span(row: Row, slices: list[Row], track: int, arrows: Arrows) -> Iterator[bytes]:
    facts = {name: row[name] for name in _TOLD if row.get(name) is not None}
    told = {name: printable(value) if isinstance(value, str) else value for name, value in facts.items()}
    name = printable(row["name"] or row["model"] or row["kind"])
    place = row["place"]
    begin = wire.slice_begin(
        track,
        name,
        row["kind"],
        {**told, "on_critical_path_ns": row["critical_ns"]},
        flows=arrows.from_span.get(place, ()),
        ending_flows=arrows.to_span.get(place, ()),
    )
    yield wire.packet(begin, row["start_ns"])
    for part in slices if len(slices) > 1 else ():
        yield wire.packet(wire.slice_begin(track, part["phase"], "phase", {}), part["start_ns"])
        yield wire.packet(wire.slice_end(track), part["end_ns"])
    yield wire.packet(wire.slice_end(track), row["end_ns"])


def _by_place(slices: pl.DataFrame) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in slices.iter_rows(named=True):
        found.setdefault(row["place"], []).append(row)
    return found


def lane_name(lane: Lane, place: int) -> str:
    """A lane's name, told from others of the same name."""
    if lane.parent is None:
        return printable(lane.name or "main")
    return f"{printable(lane.name or 'agent')} #{place}"
