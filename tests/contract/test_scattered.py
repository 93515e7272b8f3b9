"""Sessions scattered over files, their roots last, in little memory and by two processes: each as if it were alone."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from agenttrace.ingest import reading, slices, source_reader
from agenttrace.ingest.assembly import scattering, store
from agenttrace.ingest.reading import Reading, read
from contract.table_rows import SUBSTANCE, Row, bag, difference

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
scattered = pytest.importorskip("scattered_traces", reason="benchmarks are not in this distribution")

SESSIONS = 6
SEED = 5
OF_THE_FILES = frozenset({"line", "source", "sources", "dialects"})


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_session_is_what_it_is_alone(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: dict[str, Counter[Row]] = {table: Counter() for table in SUBSTANCE}
    for number in range(SESSIONS):
        scattered.write_alone(tmp_path / "alone.jsonl", number, SEED)
        one = read(tmp_path / "alone.jsonl")
        for table in SUBSTANCE:
            alone[table] += bag(getattr(one, table), OF_THE_FILES)
    megabytes = (tmp_path / "alone.jsonl").stat().st_size / 1e6
    scattered.write_scattered(tmp_path / "scattered", (SESSIONS - 0.5) * megabytes, SEED)
    monkeypatch.setattr(reading, "SHARED_BYTES", 0)
    monkeypatch.setattr(source_reader, "SMALL_BYTES", 0)
    monkeypatch.setattr(slices, "SLICE_BYTES", 200_000)
    monkeypatch.setattr(scattering, "SCATTERED_BYTES", 100_000)
    monkeypatch.setattr(store, "BUCKET_ROWS", 2_500)
    monkeypatch.setattr(store, "FEW_ROWS", 0)

    together: dict[str, Counter[Row]] = {table: Counter() for table in SUBSTANCE}
    with Reading(tmp_path / "scattered", memory_bytes=1, jobs=jobs) as opened:
        for piece in opened.traces():
            for table in SUBSTANCE:
                together[table] += bag(getattr(piece, table), OF_THE_FILES)

    assert together["sessions"].total() == SESSIONS
    assert difference(together, alone) == {}
