"""`output.jsonl` of OpenHands' benchmarks: a line is an instance, with the events of its session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import findings, rows

EVENTS = json.loads((SAMPLES / "openhands" / "trajectory.json").read_text())
OF_THE_LINE = {"session_key", "line"}


def _instance(name: str, history: Any, **more: Any) -> str:
    return json.dumps(
        {
            "instance_id": name,
            "test_result": {"git_patch": ""},
            "instruction": "?",
            "history": history,
            **more,
        },
        separators=(",", ":"),
    )


def _data(*instances: str) -> bytes:
    return "\n".join(instances).encode()


def _spans(data: bytes) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in OF_THE_LINE}
        for row in rows(raw_of(data, "openhands"))
    ]


def test_each_instance_is_a_session_and_its_name_a_task() -> None:
    """Instances that began in the same microsecond are two all the same."""
    read = raw_of(_data(_instance("task-1", EVENTS), _instance("task-2", EVENTS)), "openhands")

    assert len({row["session_key"] for row in rows(read)}) == 2
    assert {row["task_id"] for row in rows(read, "sessions") if row.get("task_id")} == {"task-1", "task-2"}


def test_an_instance_tells_what_its_trajectory_tells() -> None:
    alone = _spans(json.dumps(EVENTS).encode())

    assert _spans(_data(_instance("task-1", EVENTS))) == alone
    assert len(alone) > 5


def test_pairs_of_early_versions_are_events_too() -> None:
    pairs = [EVENTS[place : place + 2] for place in range(0, len(EVENTS), 2)]

    assert _spans(_data(_instance("task-1", pairs))) == _spans(_data(_instance("task-1", EVENTS)))


def test_it_is_known_although_its_events_lie_beyond_the_head() -> None:
    data = _data(_instance("task-1", EVENTS).replace('"instruction":"?"', f'"instruction":"{"x" * 70_000}"'))

    assert recognise(Source("output.jsonl", data)).id == "openhands"


@pytest.mark.parametrize("history", [None, 5, {}, "text"])
def test_an_instance_without_events_costs_itself(history: Any) -> None:
    data = _data(_instance("task-1", history), _instance("task-2", EVENTS))

    assert _spans(data) == _spans(_data(_instance("task-2", EVENTS)))
    assert findings(raw_of(data, "openhands"))["unknown_record"] == 1
