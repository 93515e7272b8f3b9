"""What Perfetto reads of an export: by its own published schema, with the rules of its importer."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2

from agenttrace.ingest.reading import read
from agenttrace.report.perfetto.export import to_perfetto
from agenttrace.report.timeline.timeline import Timeline, timelines
from browser.hostile import HOSTILE, SESSION, write_hostile_trace
from house.repository import ROOT

pb: Any = perfetto_trace_pb2
SAMPLES = ROOT / "sample_traces"
BEGIN_NS = 1_767_225_600_000_000_000


@pytest.fixture(scope="module")
def sample() -> list[Timeline]:
    trace = read([SAMPLES / "claude-code" / "33min.jsonl", SAMPLES / "dynamo-captures" / "A"])
    return list(timelines(trace))[:5]


@pytest.fixture(scope="module")
def packets(sample: list[Timeline]) -> list[Any]:
    return _read(b"".join(to_perfetto(sample)))


def _read(data: bytes) -> list[Any]:
    trace = pb.Trace()
    trace.ParseFromString(data)
    assert len(trace.SerializeToString()) == len(data)
    return list(trace.packet)


def _descriptors(packets: list[Any]) -> dict[int, Any]:
    return {
        packet.track_descriptor.uuid: packet.track_descriptor
        for packet in packets
        if packet.HasField("track_descriptor")
    }


def _events(packets: list[Any]) -> dict[int, list[Any]]:
    """By track, in the order of time; those of one instant as they were written."""
    tracks = defaultdict(list)
    for packet in packets:
        if packet.HasField("track_event"):
            tracks[packet.track_event.track_uuid].append(packet)
    return {uuid: sorted(events, key=lambda packet: packet.timestamp) for uuid, events in tracks.items()}


def test_sessions_are_processes_and_lanes_are_tracks_below_them(
    sample: list[Timeline], packets: list[Any]
) -> None:
    tracks = _descriptors(packets)
    processes = [track for track in tracks.values() if track.HasField("process")]
    assert [track.process.process_name for track in processes] == [timeline.session for timeline in sample]
    assert len({track.process.pid for track in processes}) == len(processes)
    below = defaultdict(list)
    for track in tracks.values():
        if track.parent_uuid:
            below[track.parent_uuid].append((track.sibling_order_rank, track.name))
    for process, timeline in zip(processes, sample, strict=True):
        names = [name for _, name in sorted(below[process.uuid])]
        assert names[0] == "critical path"
        assert next(name for name in names[1:] if "context" not in name) == "main"
        rows = max(timeline.spans.filter(lane=0)["row"].to_list())
        assert sum(name.startswith("main") for name in names) == 1 + rows
        assert process.child_ordering == pb.TrackDescriptor.EXPLICIT


def test_slices_nest_in_every_track(packets: list[Any]) -> None:
    tracks = _descriptors(packets)
    for uuid, events in _events(packets).items():
        assert uuid in tracks
        depth = 0
        for packet in events:
            kind = packet.track_event.type
            depth += {pb.TrackEvent.TYPE_SLICE_BEGIN: 1, pb.TrackEvent.TYPE_SLICE_END: -1}.get(kind, 0)
            assert 0 <= depth <= 2
        assert depth == 0


def test_the_path_is_one_track_without_gaps(sample: list[Timeline], packets: list[Any]) -> None:
    paths = [uuid for uuid, track in _descriptors(packets).items() if track.name == "critical path"]
    events = _events(packets)
    for uuid, timeline in zip(paths, sample, strict=True):
        times = [packet.timestamp for packet in events[uuid]]
        assert times[0] == timeline.start_ns
        assert times[-1] == timeline.end_ns
        assert times[1:-1:2] == times[2::2]
        assert {packet.track_event.name for packet in events[uuid]} - {""} == set(timeline.path["phase"])


def test_every_arrow_has_one_beginning_and_one_end_in_the_order_of_time(
    sample: list[Timeline], packets: list[Any]
) -> None:
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for packet in packets:
        for flow in packet.track_event.flow_ids:
            assert flow not in begins
            begins[flow] = packet.timestamp
        for flow in packet.track_event.terminating_flow_ids:
            assert flow not in ends
            ends[flow] = packet.timestamp
    assert begins.keys() == ends.keys()
    assert all(begins[flow] <= ends[flow] for flow in begins)
    spawned = sum(len(timeline.held_by) for timeline in sample)
    turns = sum(int((timeline.path["lane"].diff().fill_null(0) != 0).sum()) for timeline in sample)
    assert spawned + turns <= len(begins) <= 2 * spawned + turns
    assert spawned > 20


def test_no_arrow_leads_back_to_an_agent_that_two_calls_continue(tmp_path: Path) -> None:
    second = 10**9
    told = [
        ("r", None, "request", 0, 1),
        ("early", None, "tool", 1, 4),
        ("late", None, "tool", 5, 9),
        ("a", "early", "agent", 1, 4),
        ("ar", "a", "request", 1, 4),
        ("b", "late", "agent", 5, 9),
        ("br", "b", "request", 5, 9),
        ("end", None, "request", 9, 10),
    ]
    lines = [
        {
            "session": "s",
            "span": span,
            "parent": parent,
            "kind": kind,
            "start": BEGIN_NS + start * second,
            "end": BEGIN_NS + end * second,
            **({"agent": "one and the same", "name": {"a": "z", "b": "a"}[span]} if kind == "agent" else {}),
        }
        for span, parent, kind, start, end in told
    ]
    file = tmp_path / "early.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (timeline,) = timelines(read(file))
    packets = sorted(
        (packet for packet in _read(b"".join(to_perfetto([timeline]))) if packet.HasField("track_event")),
        key=lambda packet: packet.timestamp,
    )
    open_flows: set[int] = set()
    for packet in packets:
        open_flows |= set(packet.track_event.flow_ids)
        assert set(packet.track_event.terminating_flow_ids) <= open_flows


def test_facts_are_told_with_their_units(packets: list[Any]) -> None:
    facts = [
        {note.name: note for note in packet.track_event.debug_annotations}
        for packet in packets
        if "request" in packet.track_event.categories
    ]
    assert any(told["input_tokens"].int_value > 100_000 for told in facts if "input_tokens" in told)
    assert sum(told["on_critical_path_ns"].int_value for told in facts) > 10**12


def test_hostile_names_are_spelt_out(tmp_path: Any) -> None:
    trace = read(write_hostile_trace(tmp_path / "hostile.jsonl"))
    drawn = timelines(trace)
    packets = _read(b"".join(to_perfetto(drawn)))
    names = {packet.track_event.name for packet in packets} | {
        track.process.process_name for track in _descriptors(packets).values()
    }
    assert SESSION in names
    assert HOSTILE[0] in names
    assert all(name.isprintable() for name in names)


def test_numbers_of_flows_and_tracks_are_not_used_twice(sample: list[Timeline]) -> None:
    twice = _read(b"".join(to_perfetto([*sample, *sample])))
    descriptors = [packet.track_descriptor.uuid for packet in twice if packet.HasField("track_descriptor")]
    assert len(set(descriptors)) == len(descriptors)
