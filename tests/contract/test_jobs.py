"""Cut into slices anywhere, and read by any number of processes, a trace gives the same tables and findings."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.ingest import reading, slices, source_reader
from agenttrace.ingest.assembly import store
from agenttrace.ingest.format import SlicedFormat
from agenttrace.ingest.formats.otlp import reading as otlp_reading
from agenttrace.ingest.reading import Reading, read
from agenttrace.ingest.registry import formats
from agenttrace.ingest.slices import slices_of
from agenttrace.ingest.source import Source
from agenttrace.workers import choice
from agenttrace.workers.processes import Processes
from contract.table_rows import difference, substance
from contract.trace_cases import cases, of_format, trace
from contract.trace_files import SAMPLES, TraceFile, content

JOBS = 2
SLICED = [known.id for known in formats() if isinstance(known, SlicedFormat)]

every_sliced_trace = pytest.mark.parametrize(
    "file", cases([file for format_id in SLICED for file in of_format(format_id)])
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Processes]:
    shared = Processes(JOBS)
    yield shared
    shared.close()


@pytest.fixture
def shared_work(monkeypatch: pytest.MonkeyPatch, engine: Processes) -> None:
    """Everything is worth sharing; the processes are the same for all tests."""
    monkeypatch.setattr(reading, "SHARED_BYTES", 0)
    monkeypatch.setattr(choice, "Processes", lambda _: _Lent(engine))


class _Lent(Processes):
    """Processes that live on when it is closed."""

    def __init__(self, engine: Processes) -> None:
        self.jobs = engine.jobs
        self._engine = engine

    def map(self, work: Any, pieces: Any) -> Any:
        return self._engine.map(work, pieces)

    def close(self) -> None:
        """They are used again."""


def _cut(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(slices, "SLICE_BYTES", size)
    monkeypatch.setattr(slices, "_BLOCK_BYTES", max(1, size // 3))
    monkeypatch.setattr(otlp_reading, "SLICE_BYTES", size)
    monkeypatch.setattr(source_reader, "SMALL_BYTES", 0)


@every_sliced_trace
@pytest.mark.parametrize("slices_of_file", [3, 40])
def test_slices_of_any_size_give_the_same(
    file: TraceFile, slices_of_file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trace(file)
    size = 1 + len(content(file.path)) // slices_of_file
    _cut(monkeypatch, size)

    sliced = read(file.path)

    assert difference(substance(sliced), substance(whole)) == {}
    assert sliced.findings.to_pylist() == whole.findings.to_pylist()


@every_sliced_trace
def test_lines_of_a_compressed_file_are_cut_where_those_of_a_plain_one_are(
    file: TraceFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Random(len(file.name)).randrange(1, 5_000)
    _cut(monkeypatch, size)
    text = content(file.path)
    plain = tmp_path / "plain"
    plain.write_bytes(text)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(text))

    lines = list(Source("x", text).lines())
    for source in (Source(str(plain)), Source(str(packed))):
        assert [line for piece in slices_of(source) for line in piece.lines()] == lines


@pytest.mark.usefixtures("shared_work")
@pytest.mark.parametrize("memory_bytes", [1, 10**9], ids=["on disk", "in memory"])
def test_several_processes_read_what_one_reads(memory_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _cut(monkeypatch, 20_000)
    monkeypatch.setattr(source_reader, "SMALL_BYTES", 30_000)
    monkeypatch.setattr(store, "BUCKET_ROWS", 500)
    monkeypatch.setattr(store, "FEW_ROWS", 0)

    one, several = (_everything([SAMPLES], jobs, memory_bytes) for jobs in (1, JOBS))

    assert len(one) == len(several)
    assert all(a.equals(b) for a, b in zip(one, several, strict=True))


def _everything(paths: list[Path], jobs: int, memory_bytes: int) -> list[Any]:
    """All tables of all traces, and the findings."""
    with Reading(paths, jobs=jobs, memory_bytes=memory_bytes) as opened:
        assert isinstance(opened, Reading)
        found = [
            getattr(piece, name)
            for piece in opened.traces()
            for name in ("sessions", "agents", "spans", "marks", "links", "prefixes", "sources")
        ]
        return [*found, opened.findings()]


@pytest.mark.usefixtures("shared_work")
@pytest.mark.parametrize("jobs", [1, JOBS])
def test_what_cannot_be_read_is_told_in_its_place(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut(monkeypatch, 3_000)
    sound = (SAMPLES / "otlp" / "fan-out.jsonl").read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(sound)[:-200])
    (tmp_path / "b.jsonl").write_bytes(sound)
    (tmp_path / "c.txt").write_bytes(b"no trace")

    found = read(tmp_path, jobs=jobs).findings.to_pylist()

    assert {(row["code"], Path(row["file"]).name) for row in found} >= {
        ("damaged_end", "a.jsonl.gz"),
        ("not_a_trace", "c.txt"),
    }
