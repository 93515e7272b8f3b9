"""Folders and globs are walked once, whatever lies in them; nothing in them can make that endless."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenttrace.errors import InputError
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.listing import sources_of
from agenttrace.ingest.piped import Piped
from agenttrace.ingest.reading import read
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id

SAMPLE = (Path(__file__).resolve().parents[3] / "sample_traces" / "dynamo" / "fan-out.jsonl").read_bytes()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with a trace, and with what is none."""
    folder = tmp_path / "runs"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for place in (folder, folder / "sub", folder / ".hidden"):
        (place / "trace.jsonl").write_bytes(SAMPLE)
    (folder / "around.jsonl").symlink_to(".")
    (folder / "above.jsonl").symlink_to("..")
    (folder / "nowhere.jsonl").symlink_to("gone")
    os.mkfifo(folder / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(str(folder / "ear.jsonl"))
    return folder


def _names(*paths: str | Path) -> list[str]:
    return sorted(Path(source.path).name for source, _ in sources_of([str(path) for path in paths], PIPED))


def _unreadable(path: Path) -> list[str]:
    return [row["file"] for row in read(path).findings.to_pylist() if row["code"] == "unreadable"]


PIPED = Piped(Folder(), known=False)
TRACES = ["nowhere.jsonl", "trace.jsonl", "trace.jsonl"]


@pytest.mark.parametrize("pattern", ["", "**/*.jsonl", "**"])
def test_pipes_and_circles_are_left_alone_and_a_link_to_nothing_is_told(mixed: Path, pattern: str) -> None:
    assert _names(mixed / pattern) == TRACES
    assert [Path(file).name for file in _unreadable(mixed / pattern)] == ["nowhere.jsonl"]


def test_a_glob_of_one_level_reads_no_pipe(mixed: Path) -> None:
    assert _names(mixed / "*.jsonl") == TRACES


def test_what_is_hidden_is_read_where_the_pattern_names_it(mixed: Path) -> None:
    assert _names(mixed / "**" / ".hidden" / "*.jsonl") == ["trace.jsonl"]


def test_a_folder_that_cannot_be_listed_is_told(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def scandir(place: str) -> Iterator[os.DirEntry[str]]:
        if Path(place).name == "sub":
            raise PermissionError(13, "Permission denied", place)
        return listed(place)

    monkeypatch.setattr(os, "scandir", scandir)

    assert _names(mixed) == ["nowhere.jsonl", "sub", "trace.jsonl"]
    assert _unreadable(mixed) == [str(mixed / "nowhere.jsonl"), str(mixed / "sub")]


def test_a_name_that_is_no_utf_8_is_written_out(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/run\xff.jsonl")).write_bytes(SAMPLE)
    except OSError:
        pytest.skip("this file system takes no such name")

    trace = read(tmp_path)

    assert trace.sources["path"].to_pylist() == [f"{tmp_path}/run\\udcff.jsonl"]
    assert trace.spans.num_rows > 10


@pytest.mark.parametrize("format_id", ["dynamo", "otlp"])
def test_a_file_that_goes_while_it_is_read_in_slices_is_told(tmp_path: Path, format_id: str) -> None:
    (tmp_path / "trace.jsonl").write_bytes(SAMPLE)
    ((source, _),) = sources_of([str(tmp_path)], PIPED)
    assert source.is_plain
    (tmp_path / "trace.jsonl").unlink()

    with pytest.raises(InputError, match="No such file"):
        format_by_id(format_id).read(source, Recorder())


def test_the_size_of_a_file_that_is_gone_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "trace.jsonl").write_bytes(SAMPLE)
    ((source, _),) = sources_of([str(tmp_path)], PIPED)
    (tmp_path / "trace.jsonl").unlink()

    assert source.stored_bytes == 0
