"""A dataset says the same as the files it was made of, and is whole whatever happened while it was made."""

import gzip
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path import analysis
from agenttrace.dataset.partition import Partition
from agenttrace.ingest import ingesting, kept_looks, late, reading, storing
from agenttrace.ingest.assembly import store
from agenttrace.model.trace import Trace
from cli.running import call
from contract.trace_files import SAMPLES

RUNS = [str(SAMPLES / "dynamo-captures" / run / "request-trace.000000.jsonl.gz") for run in "AB"]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small partitions of several buckets each."""
    monkeypatch.setattr(store, "BUCKET_ROWS", 300)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    monkeypatch.setattr(storing, "BUCKETS", 3)
    monkeypatch.setattr(ingesting, "BUCKETS", 3)
    monkeypatch.setattr(late, "Reading", partial(reading.Reading, memory_bytes=1))


@pytest.fixture
def dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str], many: None) -> Path:  # noqa: ARG001
    place = tmp_path / "dataset"
    code, out, err = call(capsys, "ingest", *RUNS, "-o", str(place), "--jobs", "1")
    assert (code, out) == (0, ""), err
    return place


def _partitions(place: Path) -> list[str]:
    said = json.loads((place / "agenttrace-dataset.json").read_text())
    return [str(name) for batch in said["batches"] for name in batch["partitions"]]


def files_of(place: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(place)): file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file()
    }


@pytest.mark.parametrize("output_format", ["json", "jsonl", "table", "csv", "md"])
def test_every_output_is_that_of_the_files(
    output_format: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(_partitions(dataset)) > 2
    arguments = ("--format", output_format, "--label", "x=y", "--what-if", "tool*0.5", "--jobs", "1")
    assert call(capsys, "analyze", str(dataset), *arguments) == call(capsys, "analyze", *RUNS, *arguments)


@pytest.mark.parametrize("command", ["export", "html"])
def test_what_is_drawn_is_that_of_the_files(
    command: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = []
    for paths in (RUNS, [str(dataset)]):
        target = tmp_path / "drawn"
        more = ("--to", "perfetto", "-o") if command == "export" else ("--html",)
        code, _, err = call(
            capsys, "export" if command == "export" else "analyze", *paths, *more, str(target)
        )
        assert code == 0, err
        drawn.append(target.read_bytes())
    assert drawn[0] == drawn[1]


def test_a_diff_with_the_files_themselves_is_no_change(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = call(capsys, "diff", str(dataset), str(dataset), "--json", "-")
    assert whole[0] == 0
    assert json.loads(whole[1])["verdict"] == "no-change"


def test_one_session_is_what_it_is_among_all(
    dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--session", "A-s013", "--format", "json")
    among_all = json.loads(call(capsys, "analyze", *RUNS, *arguments)[1])["sessions"]
    read: list[Trace] = []
    whole = Partition.read

    def noted(self: Partition, *given: Any) -> Trace:
        read.append(whole(self, *given))
        return read[-1]

    monkeypatch.setattr(Partition, "read", noted)

    alone = json.loads(call(capsys, "analyze", str(dataset), *arguments)[1])["sessions"]

    assert alone == among_all
    assert [trace.sessions["session"].to_pylist() for trace in read] == [["A-s013:main"]]


@pytest.mark.parametrize("stored", [False, True], ids=["files", "dataset"])
def test_changes_are_ranked_for_whoever_is_named(
    stored: bool,  # noqa: FBT001
    dataset: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analysis, "first_sessions", lambda sizes: [])  # noqa: ARG005
    monkeypatch.setattr(kept_looks, "first_of", lambda sizes: {})  # noqa: ARG005
    paths = [str(dataset)] if stored else RUNS
    out = call(capsys, "analyze", *paths, "--session", "A-s013", "--format", "json")[1]
    assert len(json.loads(out)["sessions"][0]["recommendations"]) > 3


def test_a_session_that_is_not_there_is_a_mistake(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "analyze", str(dataset), "--session", "nowhere")
    assert code == 2
    assert "there is no session 'nowhere'" in err


def test_the_same_files_add_nothing(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_of(dataset)
    code, _, err = call(capsys, "ingest", *RUNS, "-o", str(dataset))
    assert (code, err) == (0, "nothing new: these files are in the dataset\n")
    assert files_of(dataset) == before


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("partitions", [0, 1, 2])
def test_what_was_stored_before_an_end_in_the_middle_is_kept(
    partitions: int,
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again = tmp_path / "again"
    done: list[Sequence[Trace]] = []
    write = Partition.write

    def killed(self: Partition, traces: Sequence[Trace]) -> int:
        if len(done) == partitions:
            raise _Killed
        done.append(traces)
        return write(self, traces)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Partition, "write", killed)
        meanwhile.setattr(
            "agenttrace.cli.failures.report", lambda error, _: 99 if isinstance(error, _Killed) else 1
        )
        assert call(capsys, "ingest", *RUNS, "-o", str(again), "--jobs", "1")[0] == 99
    code, _, err = call(capsys, "analyze", str(again))
    assert (code, "a dataset that is not finished" in err) == (2, True)

    code, _, err = call(capsys, "ingest", *RUNS, "-o", str(again), "--jobs", "1")

    assert code == 0, err
    assert (f"{partitions} of them kept" in err) == (partitions > 0)
    assert files_of(again) == files_of(dataset)


def test_a_manifest_that_never_got_its_name_is_in_nobodys_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = tmp_path / "d" / "agenttrace-dataset.json.4711.part"
    left.parent.mkdir()
    left.write_bytes(b"{")
    code, _, err = call(capsys, "ingest", RUNS[0], "-o", str(left.parent), "--jobs", "1")
    assert code == 0, err
    assert not left.exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, _, err = call(capsys, "ingest", *RUNS, "-o", str(tmp_path))
    assert code == 2
    assert "exists, and is no dataset" in err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_dataset_is_read_by_itself(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "analyze", str(dataset), RUNS[0])
    assert code == 2
    assert "a dataset is read by itself" in err


def test_a_damaged_manifest_is_told(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (dataset / "agenttrace-dataset.json").write_text("{")
    code, _, err = call(capsys, "analyze", str(dataset))
    assert code == 2
    assert "a damaged manifest" in err


def test_a_partition_that_is_gone_is_told(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (dataset / _partitions(dataset)[1] / "spans.parquet").unlink()
    code, _, err = call(capsys, "analyze", str(dataset), "--jobs", "1")
    assert code == 2
    assert "spans.parquet" in err


@pytest.fixture
def in_pieces(tmp_path: Path) -> list[Path]:
    """A run of Dynamo whose file was rotated in the middle of sessions."""
    lines = gzip.decompress(Path(RUNS[0]).read_bytes()).splitlines(keepends=True)
    pieces = [tmp_path / f"piece-{number}.jsonl" for number in range(3)]
    for number, piece in enumerate(pieces):
        piece.write_bytes(b"".join(lines[len(lines) * number // 3 : len(lines) * (number + 1) // 3]))
    return pieces


def _sessions(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    code, out, err = call(capsys, "analyze", *arguments, "--format", "json", "--jobs", "1")
    assert code == 0, err
    found: list[dict[str, Any]] = json.loads(out)["sessions"]
    for session in found:
        del session["source"]  # the first of its files, in the order in which they were given
    return found


def _findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    out = call(capsys, "analyze", *arguments, "--format", "json", "--jobs", "1")[1]
    return {row["code"]: row["count"] for row in json.loads(out)["findings"]}


def _files(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[tuple[str, int, int]]:
    """Of each file its name, its records, and its sessions."""
    out = call(capsys, "analyze", *arguments, "--format", "json", "--jobs", "1")[1]
    found = json.loads(out)["sources"]
    assert len({row["path"] for row in found}) == len(found)
    return {(Path(row["path"]).stem, row["records"], row["sessions"]) for row in found}


def _gone(pieces: Sequence[Path]) -> list[Path]:
    return [piece.with_suffix(".gone") for piece in pieces]


@pytest.mark.parametrize("stay", [True, False], ids=["files stay", "files go"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)], ids=str)
def test_what_is_added_later_belongs_to_its_sessions(
    order: tuple[int, int, int],
    stay: bool,  # noqa: FBT001
    in_pieces: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    many: None,  # noqa: ARG001
) -> None:
    target = str(tmp_path / "dataset")
    at_once = _sessions(capsys, *map(str, in_pieces))
    kept: dict[str, bytes] = {}
    found = _findings(capsys, *map(str, in_pieces))
    for piece in (in_pieces[number] for number in order):
        code, _, err = call(capsys, "ingest", str(piece), "-o", target, "--jobs", "1")
        assert code == 0, err
        now = files_of(Path(target))
        assert {name: now[name] for name in kept} == kept
        if not stay:
            piece.rename(piece.with_suffix(".gone"))
        kept = {name: content for name, content in now.items() if name.startswith("batch-")}
    assert _sessions(capsys, target) == at_once
    assert _findings(capsys, target) == found
    assert _files(capsys, target) == _files(capsys, *map(str, in_pieces if stay else _gone(in_pieces)))
    one = at_once[len(at_once) // 2]["session_id"]
    assert [found["session_id"] for found in _sessions(capsys, target, "--session", one)] == [one]

    assert call(capsys, "ingest", "--compact", "-o", target)[0] == 0
    folders = sorted(place.name for place in Path(target).iterdir() if place.is_dir())
    assert folders == ["batch-0004"]
    assert _sessions(capsys, target) == at_once
    assert _findings(capsys, target) == found
    assert not list(Path(target).rglob("rows"))
    if stay:
        assert call(capsys, "ingest", str(in_pieces[1]), "-o", target)[2].startswith("nothing new")
    assert [found["session_id"] for found in _sessions(capsys, target, "--session", one)] == [one]


def test_what_is_added_needs_the_files_that_it_belongs_to(
    in_pieces: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "dataset")
    call(capsys, "ingest", str(in_pieces[0]), "-o", target)
    (rows,) = Path(target).rglob("rows")
    shutil.rmtree(rows)  # as those are that another version wrote
    before = _sessions(capsys, target)
    in_pieces[0].unlink()
    code, _, err = call(capsys, "ingest", str(in_pieces[1]), "-o", target)
    assert code == 2
    assert "piece-0.jsonl: holds the beginning of sessions that go on" in err
    assert _sessions(capsys, target) == before


def test_the_only_batch_is_rid_of_its_rows(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _sessions(capsys, str(dataset))
    assert list(dataset.rglob("rows"))
    code, _, err = call(capsys, "ingest", "--compact", "-o", str(dataset))
    assert (code, "for what comes later" in err) == (0, False)
    assert not list(dataset.rglob("rows"))
    assert _sessions(capsys, str(dataset)) == before


def test_transcripts_are_read_again_with_what_was_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (SAMPLES / "claude-code" / "fan-out.jsonl").read_bytes().splitlines(keepends=True)
    pieces = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for piece, part in zip(pieces, (lines[: len(lines) // 2], lines[len(lines) // 2 :]), strict=True):
        piece.write_bytes(b"".join(part))
    target = str(tmp_path / "dataset")
    for piece in pieces:
        assert call(capsys, "ingest", str(piece), "-o", target)[0] == 0
    assert not list(Path(target).rglob("rows"))
    assert _sessions(capsys, target) == _sessions(capsys, *map(str, pieces))


def test_a_file_that_grew_is_added_though_its_rows_are_there(
    in_pieces: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, growing = str(tmp_path / "dataset"), tmp_path / "growing.jsonl"
    for piece in in_pieces:
        growing.write_bytes((growing.read_bytes() if growing.exists() else b"") + piece.read_bytes())
        assert call(capsys, "ingest", str(growing), "-o", target)[0] == 0
    assert _sessions(capsys, target) == _sessions(capsys, str(growing))


def test_what_is_found_in_a_transcript_that_grew_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (SAMPLES / "claude-code" / "fan-out.jsonl").read_bytes().splitlines(keepends=True)
    target, growing = str(tmp_path / "dataset"), tmp_path / "growing.jsonl"
    growing.write_bytes(b"".join(lines[:20]))
    assert call(capsys, "ingest", str(growing), "-o", target)[0] == 0
    growing.write_bytes(b"".join([*lines[:30], b'{"torn":\n', *lines[30:]]))
    assert call(capsys, "ingest", str(growing), "-o", target, "--strict")[0] == 4
    assert call(capsys, "ingest", str(growing), "-o", target)[0] == 0
    _, out, _ = call(capsys, "analyze", target, "--format", "json")
    assert [found["count"] for found in json.loads(out)["findings"] if found["code"] == "broken_line"] == [1]


def _span_by_span(line: bytes) -> list[bytes]:
    """A line of OTLP as a document for each of its spans; any other line as it is."""
    document = json.loads(line)
    if "resourceSpans" not in document:
        return [line if line.endswith(b"\n") else line + b"\n"]
    return [
        json.dumps({"resourceSpans": [{**batch, "scopeSpans": [{**scope, "spans": [span]}]}]}).encode()
        + b"\n"
        for batch in document["resourceSpans"]
        for scope in batch["scopeSpans"]
        for span in scope["spans"]
    ]


@pytest.mark.parametrize("sample", ["otlp/fan-out.jsonl", "spans-jsonl/agent.jsonl"])
@pytest.mark.parametrize("turned", [False, True], ids=["forwards", "backwards"])
def test_late_spans_and_edges_find_their_sessions_without_the_files(
    sample: str,
    turned: bool,  # noqa: FBT001
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [one for line in (SAMPLES / sample).read_bytes().splitlines() for one in _span_by_span(line)]
    parts = [lines[at::5] for at in range(5)]
    whole, target = tmp_path / "whole", str(tmp_path / "dataset")
    whole.mkdir()
    for number, part in enumerate(reversed(parts) if turned else parts):
        piece = tmp_path / f"{number:03}.jsonl"
        piece.write_bytes(b"".join(part))
        assert call(capsys, "ingest", str(piece), "-o", target)[0] == 0
        piece.rename(whole / piece.name)
    assert _sessions(capsys, target) == _sessions(capsys, str(whole))


def test_a_dataset_may_be_in_a_store(capsys: pytest.CaptureFixture[str], many: None) -> None:  # noqa: ARG001
    fsspec = pytest.importorskip("fsspec")
    target = "memory://month"
    code, _, err = call(capsys, "ingest", *RUNS, "-o", target, "--jobs", "1")
    assert code == 0, err
    assert _sessions(capsys, target) == _sessions(capsys, *RUNS)
    assert len(_sessions(capsys, target, "--session", "A-s013")) == 1
    fsspec.filesystem("memory").rm("month", recursive=True)


def test_what_was_read_for_a_store_goes_after_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "plain.txt").write_text("no trace\n")
    code, _, err = call(capsys, "ingest", str(tmp_path / "plain.txt"), "-o", "memory://none", "--jobs", "1")
    assert code == 2, err
    assert [path.name for path in tmp_path.iterdir()] == ["plain.txt"]


def test_a_store_that_nobody_knows_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "ingest", *RUNS, "-o", "nowhere://month")
    assert code == 2
    assert "no file system for nowhere://" in err
