"""Samples are written where they are asked for, and always the same."""

import gzip
import io
from pathlib import Path

import pytest

from agenttrace import samples
from agenttrace.errors import UsageError
from agenttrace.samples.telling import tell

SMALL = "fan-out"


@pytest.mark.parametrize("format_id", samples.format_ids())
def test_a_seed_gives_the_same_bytes_each_time(format_id: str) -> None:
    first = samples.sample_bytes(SMALL, seed=5, format_id=format_id)
    tell.cache_clear()
    assert samples.sample_bytes(SMALL, seed=5, format_id=format_id) == first
    assert samples.sample_bytes(SMALL, seed=6, format_id=format_id) != first


def test_a_file_a_stream_and_a_compressed_file_hold_the_same(tmp_path: Path) -> None:
    expected = samples.sample_bytes(SMALL)
    binary, text = io.BytesIO(), io.StringIO()
    assert samples.write_sample(SMALL, binary) == samples.write_sample(SMALL, text) == ()
    assert samples.write_sample(SMALL, tmp_path / "a.jsonl") == (tmp_path / "a.jsonl",)
    samples.write_sample(SMALL, str(tmp_path / "a.jsonl.gz"))
    assert binary.getvalue() == text.getvalue().encode() == expected
    assert (tmp_path / "a.jsonl").read_bytes() == expected
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.jsonl.gz"]


def test_compressed_files_are_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        samples.write_sample(SMALL, tmp_path / name, format_id="dynamo")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_folder_takes_a_project(tmp_path: Path) -> None:
    written = samples.write_sample(SMALL, tmp_path)
    files = samples.project_files(SMALL)
    assert {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in written} == files
    split = samples.write_sample(SMALL, tmp_path / "new" / "project", split=True)
    assert [path.is_file() for path in split] == [True] * len(files)


def test_only_claude_code_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only claude-code"):
        samples.write_sample(SMALL, tmp_path, format_id="otlp")


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="claude-code-33min"):
        samples.sample_bytes("nothing")
    with pytest.raises(UsageError, match="dynamo"):
        samples.sample_bytes(SMALL, format_id="nothing")


def test_every_sample_says_what_it_shows() -> None:
    assert samples.names()[0] == "claude-code-33min"
    assert all(samples.describe(name) for name in samples.names())
