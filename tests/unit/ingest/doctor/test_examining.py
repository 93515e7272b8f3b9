"""What `doctor` finds: in every sample, in folders that are hostile, and in more than it looks at."""

import gzip
import json
import os
import socket
from pathlib import Path

import pytest

import agenttrace
from agenttrace.errors import InputError
from agenttrace.ingest.doctor import examining, reading_parts
from agenttrace.ingest.doctor.diagnosis import Diagnosis, Found
from agenttrace.ingest.doctor.examining import doctor
from agenttrace.ingest.doctor.lacks import COSTS, Lack
from agenttrace.ingest.doctor.switches import OTHERWISE, SWITCHES, switches_for
from agenttrace.ingest.format import Format
from agenttrace.ingest.registry import own_formats, recognise
from agenttrace.ingest.source import Source
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"
FAN_OUT = SAMPLES / "claude-code" / "fan-out.jsonl"
FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def _only(found: Diagnosis) -> Found:
    (only,) = found.formats
    return only


def _reasons(found: Diagnosis) -> dict[str, int]:
    return {one.reason: one.files for one in found.unclaimed}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sample_is_known_and_read(folder: str) -> None:
    found = doctor(SAMPLES / folder)
    assert found.formats
    for one in found.formats:
        assert one.unread is None
        assert one.examined > 0
        assert one.sessions > 0
        for missing in one.missing:
            assert 0 < missing.missing <= missing.of
            assert missing.switches, f"nobody says how {one.format} is made to tell {missing.lack}"


def test_every_format_has_a_row_of_switches_and_every_lack_a_cost() -> None:
    assert {known.id for known in own_formats()} <= set(SWITCHES)
    assert set(COSTS) == set(OTHERWISE) == set(Lack)


def test_a_transcript_lacks_the_first_token_and_a_server_does_not() -> None:
    transcript = _only(doctor(FAN_OUT))
    assert [(one.lack, one.missing, one.of) for one in transcript.missing] == [(Lack.FIRST_TOKEN, 15, 15)]
    assert "CLAUDE_CODE_ENABLE_TELEMETRY=1" in transcript.missing[0].switches[0]
    assert transcript.producers == {"Claude Code 2.1.217": 1}
    assert _only(doctor(SAMPLES / "dynamo" / "fan-out.jsonl")).missing == []


def test_a_workload_lacks_times_alone() -> None:
    workload = _only(doctor(SAMPLES / "mooncake"))
    assert [one.lack for one in workload.missing] == [Lack.TIMES]
    assert workload.start_ns is None


def test_files_of_which_no_session_can_be_made_lack_times_too(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
    info = {"mini_version": "1.13.4", "exit_status": "Submitted", "submission": ""}
    told = {"info": info, "messages": messages, "trajectory_format": "mini-swe-agent-1"}
    (tmp_path / "old.traj.json").write_text(json.dumps(told))
    found = _only(doctor(tmp_path))
    assert (found.format, found.sessions) == ("mini-swe-agent", 0)
    assert [(one.lack, one.missing, one.of, one.unit) for one in found.missing] == [
        (Lack.TIMES, 1, 1, "files")
    ]
    assert found.producers == {"mini-swe-agent 1.13.4": 1}


def test_what_helps_goes_by_the_dialect() -> None:
    (genai,) = switches_for("otlp", Lack.FIRST_TOKEN, ["genai"])
    assert "OTEL_SEMCONV_STABILITY_OPT_IN" in genai
    assert all("OTEL_SEMCONV" not in how for how in switches_for("otlp", Lack.FIRST_TOKEN, ["dynamo"]))
    assert switches_for("somebody-elses", Lack.TOOLS, []) == [OTHERWISE[Lack.TOOLS]]


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    found = doctor(tmp_path)
    assert (found.files, found.formats, found.unclaimed) == (0, [], [])


def test_what_leads_to_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        doctor(tmp_path / "gone")


def test_whatever_else_lies_in_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "session.jsonl").write_bytes(FAN_OUT.read_bytes())
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 300)
    (tmp_path / "empty").touch()
    (tmp_path / ".hidden").touch()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        found = doctor(tmp_path)
    reasons = _reasons(found)
    assert _only(found).files == 1
    assert reasons["a pipe, which is not opened"] == 1
    assert reasons["a socket, which is not opened"] == 1
    assert reasons["a link to a folder, which is not followed"] == 1
    assert reasons["a hidden file"] == 1
    assert reasons["an empty file"] == 1
    assert reasons["content of no known format"] == 1
    assert sum(count for reason, count in reasons.items() if reason.startswith("cannot be seen")) == 1


def test_a_pipe_that_is_named_itself_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert _reasons(doctor(tmp_path / "pipe")) == {"a pipe, which is not opened": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    locked, closed = tmp_path / "locked.jsonl", tmp_path / "closed"
    locked.touch()
    locked.chmod(0)
    closed.mkdir()
    closed.chmod(0)
    assert len(doctor(tmp_path).unclaimed) == 2
    closed.chmod(0o700)


def test_a_damaged_tail_is_told(tmp_path: Path) -> None:
    data = gzip.compress(FAN_OUT.read_bytes())
    (tmp_path / "torn.jsonl.gz").write_bytes(data[: len(data) * 3 // 4])
    found = _only(doctor(tmp_path))
    assert found.sessions == 1
    assert [fault.severity for fault in found.faults] == ["warning"]


def test_of_a_large_file_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_parts, "READ_WHOLE_BYTES", 20_000)
    (tmp_path / "large.jsonl").write_bytes(FAN_OUT.read_bytes())
    found = _only(doctor(tmp_path))
    assert (found.examined, found.cut) == (1, 1)
    assert 0 < found.requests < 15
    assert found.faults == [], "it ends in the middle because it was cut there"


@pytest.mark.parametrize("limit", [4 << 20, 20_000], ids=["whole", "beginning"])
def test_a_last_line_that_is_cut_off_is_told(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_parts, "READ_WHOLE_BYTES", limit)
    monkeypatch.setattr(reading_parts, "_TAIL_BYTES", 10_000)
    (tmp_path / "live.jsonl").write_bytes(FAN_OUT.read_bytes()[:-40])
    assert [fault.code for fault in _only(doctor(tmp_path)).faults] == ["torn_last_line"]


def test_of_very_many_files_some_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def watched(source: Source) -> Format:
        looked.append(source.path)
        return recognise(source)

    monkeypatch.setattr(examining, "recognise", watched)
    for number in range(40):
        (tmp_path / f"{number:02}.jsonl").write_bytes(FAN_OUT.read_bytes()[:4_000])
    found = doctor(tmp_path, heads=10)
    assert (found.files, found.looked_at, found.sampled) == (40, 10, True)
    assert [Path(path).stem for path in looked] == [
        "00",
        "04",
        "08",
        "12",
        "16",
        "20",
        "24",
        "28",
        "32",
        "36",
    ]


def test_a_dataset_is_one_thing(tmp_path: Path) -> None:
    agenttrace.write_dataset(FAN_OUT, tmp_path / "month")
    found = doctor(tmp_path)
    assert (_only(found).format, _only(found).sessions, found.unclaimed) == ("dataset", 1, [])


def test_names_of_files_and_versions_are_harmless_in_a_notebook(tmp_path: Path) -> None:
    text = FAN_OUT.read_bytes().replace(b'"version":"2.1.217"', b'"version":"<script>\\u001b[31m"')
    (tmp_path / "\x1b[31m<b>.jsonl").write_bytes(text)
    found = doctor(tmp_path)
    shown = found._repr_html_() + repr(found)
    assert "\x1b" not in shown
    assert "<script" not in shown
    assert "\x1b" not in agenttrace.render(found)
    assert "\x1b" not in agenttrace.render(found, "json")
