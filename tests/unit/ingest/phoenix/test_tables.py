"""A data frame in a Parquet file gives what the same one gives as JSON, and its damage is told."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agenttrace.errors import InputError
from agenttrace.ingest import compressed, parquet_rows
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import Reading, read_content, read_source

SAMPLES = Path(__file__).resolve().parents[4] / "sample_traces" / "phoenix"
TABLE = SAMPLES / "spans.parquet"
SPAN = {
    "name": ["chat"],
    "span_kind": ["LLM"],
    "parent_id": pa.array([None], pa.string()),
    "start_time": pa.array([1_772_532_000_000_000_001], pa.timestamp("ns", "UTC")),
    "end_time": pa.array([1_772_532_001_000_000], pa.timestamp("us", "UTC")),
    "context.trace_id": ["ab" * 16],
    "context.span_id": ["cd" * 8],
    "attributes.llm.token_count.prompt": [7.0],
}


def _without_lines(found: Reading) -> dict[str, dict[str, Any]]:
    return {key: {**row, "line": None} for key, row in found.spans.items()}


def _written(path: Path, **columns: Any) -> Source:
    pq.write_table(pa.table(SPAN | columns), path)
    source = Source(str(path))
    assert recognise(source).id == "phoenix"
    return source


def test_it_gives_what_its_json_gives() -> None:
    found = read_source("phoenix", Source(str(TABLE)))

    assert _without_lines(found) == _without_lines(
        read_source("phoenix", Source(str(SAMPLES / "data-frame.json")))
    )
    assert found.findings == {}


def test_packed_once_more_or_from_a_pipe_it_is_the_same() -> None:
    plain = read_source("phoenix", Source(str(TABLE)))
    content = TABLE.read_bytes()

    assert recognise(Source("x", content)).id == "phoenix"
    assert read_content("phoenix", content) == plain
    assert read_content("phoenix", gzip.compress(content)) == plain


def test_instants_keep_their_nanoseconds_and_counts_may_be_fractions_by_type(tmp_path: Path) -> None:
    (span,) = read_source("phoenix", _written(tmp_path / "a")).spans.values()

    assert (span["start_ns"] % 1000, span["end_ns"] % 10**9, span["input_tokens"]) == (1, 0, 7)


def test_a_wide_table_is_known_by_its_footer(tmp_path: Path) -> None:
    wide = {f"attributes.metadata.{number}": [number] for number in range(3000)}
    source = _written(tmp_path / "a", **wide, filler=["".join(map(str, range(40_000)))])

    assert source.stored_bytes > 200_000
    assert len(read_source("phoenix", source).spans) == 1


@pytest.mark.parametrize(
    "column",
    [
        {"start_time": ["2026-03-03T10:00:00Z"], "attributes.llm.token_count.prompt": [float("nan")]},
        {"attributes.llm": [{"token_count": {"prompt": 7}}], "events": [[{"name": 1}]]},
        {"events": pa.array([[1_772_532_000_000_000_001]], pa.list_(pa.timestamp("ns", "UTC")))},
        {"attributes.llm.model_name": pa.array(["m"]).dictionary_encode(), "end_time": [None]},
    ],
)
def test_columns_of_other_types_cost_no_row(tmp_path: Path, column: dict[str, Any]) -> None:
    found = read_source("phoenix", _written(tmp_path / "a", **column))

    assert len(found.spans) == 1
    assert found.findings.keys() <= {"column_unusable", "unusable_value", "no_end"}


def test_other_tables_are_refused_by_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"span_kind": ["x"]}), tmp_path / "a")
    with pytest.raises(InputError, match="Parquet file"):
        recognise(Source(str(tmp_path / "a")))


def test_more_than_a_trace_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "BOMB_BYTES", 1 << 10)
    monkeypatch.setattr(parquet_rows, "BOMB_RATIO", 10)
    pq.write_table(pa.table({"context.span_id": ["x" * 100] * 100_000}), tmp_path / "a", use_dictionary=False)
    with pytest.raises(InputError, match="unpacks to"):
        read_source("phoenix", Source(str(tmp_path / "a")))
    assert compressed.BOMB_BYTES > 1 << 10


@pytest.mark.parametrize("seed", range(80))
def test_whatever_is_damaged_is_told_and_nothing_raises(seed: int, tmp_path: Path) -> None:
    chance, content = Random(seed), bytearray(TABLE.read_bytes())
    for _ in range(chance.choice((0, 1, 5, 100))):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    content = content[: chance.choice((len(content), chance.randrange(4, len(content))))]
    (tmp_path / "a").write_bytes(content)

    for source in (Source(str(tmp_path / "a")), Source("x", bytes(content))):
        try:
            recognise(source)
            found = read_source("phoenix", source)
        except InputError:
            continue
        assert found.records <= 9
