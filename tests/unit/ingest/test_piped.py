"""What comes through a pipe is read as a file is; much of it lies on disk meanwhile, for nobody else to see."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agenttrace.errors import InputError, UnknownFormatError
from agenttrace.ingest import piped
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.piped import Piped
from agenttrace.ingest.reading import Reading, read
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace

SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"
SAMPLE = SAMPLES / "dynamo" / "fan-out.jsonl"
LITTLE = 1000


@contextmanager
def fed(pipe: Path, content: bytes) -> Iterator[Path]:
    """A pipe that content is written to meanwhile."""
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    yield pipe
    writer.join()


def _rows(trace: Trace) -> list[object]:
    return [getattr(trace, name).to_pylist() for name in ("sessions", "spans", "marks", "links")]


@pytest.mark.parametrize("held_bytes", [LITTLE, 16 << 20])
def test_a_pipe_gives_what_its_file_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held_bytes: int
) -> None:
    monkeypatch.setattr(piped, "HELD_BYTES", held_bytes)
    monkeypatch.setattr(piped, "_BLOCK_BYTES", 512)

    with fed(tmp_path / "pipe", SAMPLE.read_bytes()) as pipe:
        found = read(pipe)

    (source,) = found.sources.to_pylist()
    assert (source["path"], source["bytes"]) == (str(pipe), SAMPLE.stat().st_size)
    assert _rows(found)[1:] == _rows(read(SAMPLE))[1:]


def test_what_is_laid_down_is_private_and_goes_with_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "HELD_BYTES", LITTLE)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with fed(tmp_path / "pipe", SAMPLE.read_bytes()) as pipe, Reading(pipe) as reading:
        reading.buckets()
        (file,) = tmp_path.glob("agenttrace-*/piped-*")
        assert file.read_bytes() == SAMPLE.read_bytes()
        assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


class _Endless(io.RawIOBase):
    """Says the same for ever."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def read(self, size: int = -1) -> bytes:
        return (self._said * size)[:size]


@pytest.mark.parametrize("said", [b"\0", b"no trace at all\n"])
def test_an_endless_pipe_that_is_no_trace_is_left(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(piped, "HELD_BYTES", LITTLE)
    monkeypatch.setattr(piped, "SEARCHED_BYTES", 3 << 20)
    folder = Folder()
    with pytest.raises(UnknownFormatError):
        Piped(folder, known=False).source("/dev/zero", _Endless(said))  # type: ignore[arg-type]
    folder.remove()


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piped, "HELD_BYTES", LITTLE)
    monkeypatch.setattr(piped, "_made", lambda _: io.FileIO("/dev/full", "wb"))
    folder = Folder()
    with pytest.raises(InputError, match="no room") as error:
        Piped(folder, known=True).source("<stdin>", io.BytesIO(b"x" * 5000))
    assert "TMPDIR" in (error.value.hint or "")
    folder.remove()


def test_what_is_laid_down_has_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "piped-0").write_bytes(b"{}")
    source = Source("<stdin>", spooled=str(tmp_path / "piped-0"))

    assert (source.siblings(), source.sibling("piped-0")) == ([], None)
    assert (source.is_plain, source.stored_bytes, list(source.lines())) == (True, 2, [(1, b"{}")])
