"""How many sessions ran at once: where nobody says, that is said."""

import json
from pathlib import Path

import pytest

from agenttrace.api.inputs import trace_of
from agenttrace.replay.choices import Load
from agenttrace.replay.concurrency import concurrency_cautions, left_out, recorded_at_once
from agenttrace.replay.workload import Workload, read_workload
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"


def _workload(sample: str) -> Workload:
    return read_workload(trace_of([str(SAMPLES / sample)], input_format=None))


def _said(sample: str, load: Load = Load.CLOSED, lanes: int | None = None) -> list[str]:
    found = concurrency_cautions(_workload(sample), load, lanes)
    assert all((one.code, one.severity) == ("concurrency_unknown", "warning") for one in found)
    return [one.example for one in found]


@pytest.mark.parametrize(
    ("sample", "why", "taken"),
    [
        ("mooncake/chats.jsonl", "a second is taken for each request", "2 of 2"),
        ("mooncake/requests.jsonl", "a second is taken for each request", "4 of 4"),
        ("agentic-mooncake/version-1.jsonl", "a second is taken for each request", "2 of 2"),
        ("applied-compute/sessions.jsonl", "do not say when they came", "2 of 2"),
        ("weka/lines.jsonl", "do not say when they came", "2 of 2"),  # timed, each from its own zero
    ],
)
def test_workloads_are_told_to_say_their_lanes(sample: str, why: str, taken: str) -> None:
    (said,) = _said(sample)

    assert why in said
    assert taken in said
    assert "--lanes N" in said
    assert recorded_at_once(_workload(sample)) == 0
    assert _said(sample, lanes=2) == []
    assert _said(sample, Load.ISOLATED) == []


@pytest.mark.parametrize(
    "sample", ["dynamo-captures/A/request-trace.000000.jsonl.gz", "agentic-mooncake/fan-out.jsonl"]
)
def test_recorded_sessions_and_one_session_say_enough(sample: str) -> None:
    assert _said(sample) == []
    assert _said(sample, Load.RECORDED) == []
    assert recorded_at_once(_workload("dynamo-captures/A/request-trace.000000.jsonl.gz")) == 4


def test_arrivals_are_asked_of_the_recorded_load_alone() -> None:
    assert _said("mooncake/chats.jsonl", Load.RECORDED) == []  # it states them
    (said,) = _said("weka/lines.jsonl", Load.RECORDED)
    assert "all begin at once" in said


def test_sessions_of_one_instant_on_a_clock_came_at_that_instant(tmp_path: Path) -> None:
    start = 1_767_225_600_000_000_000
    rows = [{"session": name, "kind": "request", "start": start, "end": start + 10**9} for name in "ab"]
    file = tmp_path / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    workload = read_workload(trace_of([str(file)], input_format=None))

    assert concurrency_cautions(workload, Load.CLOSED, None) == []


def test_a_workload_beside_recorded_sessions_is_not_lost_silently() -> None:
    both = trace_of(
        [str(SAMPLES / "weka" / "lines.jsonl"), str(SAMPLES / "mooncake" / "chats.jsonl")], input_format=None
    )
    (said,) = left_out(both)

    assert (said.code, said.count) == ("workload_left_out", 3)  # one of Weka, too
    assert "3 of 5 sessions" in said.example
    assert left_out(trace_of([str(SAMPLES / "mooncake" / "chats.jsonl")], input_format=None)) == []
