"""Paths become sources: files, folders, globs; what is no trace is an error only where it was named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenttrace.errors import InputError, UnknownFormatError, UsageError
from agenttrace.ingest import reading
from agenttrace.ingest.listing import sources_of
from agenttrace.ingest.reading import read
from agenttrace.ingest.source import Source

ROW = (
    '{"schema":"dynamo.request.trace.v1","event_type":"request_end","event_time_unix_ms":1795417720673,'
    '"agent_context":{"session_id":"%s"},"request":{"request_id":"%s","request_received_ms":1795417720167,'
    '"total_time_ms":506.0,"ttft_ms":41.0,"prefill_wait_time_ms":4.0,"prefill_time_ms":37.0}}\n'
)


def trace(folder: Path, name: str, session: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(ROW % (session, session))
    return file


def test_a_folder_is_read_below_and_what_is_no_trace_becomes_a_finding(tmp_path: Path) -> None:
    trace(tmp_path, "a.jsonl", "one")
    trace(tmp_path, "deep/er/b.log", "two")
    (tmp_path / "notes.txt").write_text("hello")

    found = read(tmp_path)

    assert set(found.sessions["session"].to_pylist()) == {"one", "two"}
    assert "not_a_trace" in found.findings["code"].to_pylist()


def test_in_a_folder_it_is_said_what_is_known_and_not_read(tmp_path: Path) -> None:
    trace(tmp_path, "a.jsonl", "one")
    (tmp_path / "kernels.json").write_text('{"traceEvents": [{"ph": "X"}]}')
    (tmp_path / "notes.txt").write_text("hello")

    rows = read(tmp_path).findings.to_pylist()

    assert {row["code"]: row["example"].partition(":")[0] for row in rows if row["file"] != "a.jsonl"} == {
        "refused": "a Chrome trace (traceEvents)",
        "not_a_trace": "content of no known format",
    }


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('{"a": 1}\n'.encode("utf-16"), "UTF-16"),
        ('{"a": 1}\n'.encode("utf-16-le"), "UTF-16"),
        ('[{"a": 1}]\n'.encode("utf-32-be"), "UTF-16 or UTF-32"),
        (b"\n<!DOCTYPE html><html><body>log in</body></html>", "an HTML page"),
        (bytes(1000), "blank space or zeros"),
        (b" \n" * 100_000, "blank space or zeros"),
    ],
)
def test_what_is_no_trace_is_named_where_it_is_known(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "file.jsonl").write_bytes(content)

    with pytest.raises(UnknownFormatError, match=what) as error:
        read(tmp_path / "file.jsonl")

    assert error.value.hint


def test_a_glob_is_expanded_and_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    file = trace(tmp_path, "a.jsonl", "one")

    found = read([str(tmp_path / "*.jsonl"), file, str(tmp_path)])

    assert found.sources.num_rows == 1


def test_a_named_file_that_is_no_trace_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(UnknownFormatError, match=r"notes\.txt.*no known format"):
        read(tmp_path / "notes.txt")


def test_an_empty_named_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")

    with pytest.raises(InputError, match="empty"):
        read(tmp_path / "empty.jsonl")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "missing.jsonl")


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file matches"):
        read(str(tmp_path / "*.nothing"))


def test_an_unknown_format_id_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="claude-code"):
        read(trace(tmp_path, "a.jsonl", "one"), input_format="claude")


def test_no_source_keeps_what_it_begins_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace(tmp_path, "a.jsonl", "one")
    trace(tmp_path, "b.jsonl", "two")
    listed: list[Source] = []

    def listing(*arguments: Any) -> Iterator[tuple[Source, bool]]:
        for source, named in sources_of(*arguments):
            listed.append(source)
            yield source, named

    monkeypatch.setattr(reading, "sources_of", listing)
    read(tmp_path)

    assert [Path(source.path).name for source in listed] == ["a.jsonl", "b.jsonl"]
    assert all("head" not in vars(source) for source in listed)
