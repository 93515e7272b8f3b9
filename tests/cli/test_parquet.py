"""`analyze --parquet` on real processes: all tables, whatever is cut off for people, whole or not at all."""

from functools import partial
from pathlib import Path

import polars as pl
import pytest

import agenttrace
from agenttrace.ingest import reading
from agenttrace.ingest.assembly import store
from agenttrace.report.table_folder import TABLES
from cli.running import call, run

SAMPLES = Path(__file__).parents[2] / "sample_traces"
CAPTURE = str(SAMPLES / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz")


def _table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / name / "*.parquet")


def test_every_table_is_there_and_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tables"

    assert run("analyze", CAPTURE, "--parquet", str(folder), "-q").returncode == 0

    told = agenttrace.analyze(agenttrace.read(CAPTURE))
    assert {inner.name for inner in folder.iterdir()} == set(TABLES)
    for name in ("sessions", "segments", "turns", "tools", "by_turn"):
        assert _table(folder, name).rows() == getattr(told, name).rows(), name
    by_session = (
        _table(folder, "segments").group_by("session").agg((pl.col("end_ns") - pl.col("start_ns")).sum())
    )
    walls = _table(folder, "sessions").select("session", wall="wall_ns").join(by_session, on="session")
    assert (walls["wall"] == walls["end_ns"]).all()


def test_pieces_together_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = agenttrace.analyze(agenttrace.read(CAPTURE))
    monkeypatch.setattr(store, "BUCKET_ROWS", 300)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    monkeypatch.setattr(reading, "Reading", partial(reading.Reading, memory_bytes=1))

    code, _, _ = call(capsys, "analyze", CAPTURE, "--parquet", str(tmp_path / "tables"), "--jobs", "1")

    assert code == 0
    assert len(list((tmp_path / "tables" / "sessions").iterdir())) > 2
    assert (
        _table(tmp_path / "tables", "sessions").sort("session").rows()
        == whole.sessions.sort("session").rows()
    )
    assert _table(tmp_path / "tables", "segments").height == whole.segments.height


def test_one_session_redacted(tmp_path: Path) -> None:
    folder = tmp_path / "tables"

    run("analyze", CAPTURE, "--session", "A-s003", "--redact", "--parquet", str(folder), "-q")

    assert _table(folder, "sessions").height == 1
    data = b"".join(file.read_bytes() for file in folder.rglob("*.parquet"))
    assert not [word for word in (b"A-s003", b"web_search", b"researcher") if word in data]


def test_a_folder_of_something_else_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")

    done = run("analyze", CAPTURE, "--parquet", str(tmp_path / "mine"))

    assert done.returncode == 2
    assert b"holds no tables of an analysis" in done.stderr
    assert [file.name for file in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def test_nothing_stays_of_what_fails(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"type":"summary","summary":"x","leafUuid":"y"}\n')

    done = run("analyze", str(empty), "--parquet", str(tmp_path / "tables"))

    assert done.returncode in {2, 3}
    assert [file.name for file in tmp_path.iterdir()] == ["empty.jsonl"]
