"""`analyze` of workloads, which say what is asked for but not how long it took."""

import json
from pathlib import Path

import pytest

from cli.running import call

SAMPLES = Path(__file__).resolve().parents[2] / "sample_traces"
PLAIN = SAMPLES / "mooncake" / "requests.jsonl"


@pytest.mark.parametrize("name", ["mooncake/requests.jsonl", "agentic-mooncake", "applied-compute"])
def test_a_workload_alone_is_not_enough(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "analyze", str(SAMPLES / name))

    assert (code, out) == (3, "")
    assert " without: a workload says what is asked for, not how long it took\n" in err
    assert "hint: traces of a run of it" in err


def test_the_message_says_where_and_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = call(capsys, "analyze", str(PLAIN))

    assert err.startswith(f"error: {PLAIN}: no session with timings, 4 without: ")


def test_beside_other_traces_it_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    timed = SAMPLES / "claude-code" / "fan-out.jsonl"

    code, out, _ = call(capsys, "analyze", "--strict", "--format", "json", str(timed), str(PLAIN))

    assert code == 0
    analysis = json.loads(out)
    assert analysis["summary"]["sessions"] == 1
    assert analysis["summary"]["wall_ns"]["n"] == 1
    assert [f["count"] for f in analysis["findings"] if f["code"] == "no_timings"] == [4]
    assert {row["path"]: row["sessions"] for row in analysis["sources"]} == {str(timed): 1, str(PLAIN): 0}


def test_one_that_states_times_is_analysed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "analyze", "--format", "json", str(SAMPLES / "weka"))

    assert code == 0
    walls = {row["session_id"]: row["wall_ns"] for row in json.loads(out)["sessions"]}
    assert walls == {"two-branches": 48 * 10**9, "absolute": 4_500_000_000, "background": 3_500_000_000}
