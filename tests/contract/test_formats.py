"""What every format does with every sample: a new format brings samples, not tests."""

import gzip
import itertools
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
import zstandard

from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from agenttrace.model.schema import TRACE_TABLES, Table
from agenttrace.model.storage import load, save
from contract.table_rows import RAW_TABLES, all_bags, difference, frame, raw_bags
from contract.trace_cases import every_trace, raw_trace, trace
from contract.trace_files import TraceFile, content, raw_of

MEMBERS = 3


@every_trace
def test_it_reads_the_same_under_any_name(file: TraceFile) -> None:
    named = raw_of(content(file.path), file.format, str(file.path))

    assert named.records == raw_trace(file).records
    if not file.path.with_name(f"{file.path.stem}.meta.json").exists():
        assert difference(raw_bags(named), raw_bags(raw_trace(file))) == {}


@every_trace
def test_reading_twice_gives_identical_tables(file: TraceFile) -> None:
    again = raw_of(content(file.path), file.format)

    unequal = [name for name in RAW_TABLES if not getattr(again, name).equals(getattr(raw_trace(file), name))]

    assert unequal == []
    assert (again.records, again.dialects) == (raw_trace(file).records, raw_trace(file).dialects)


@every_trace
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_compressed_in_several_members_it_reads_the_same(
    file: TraceFile, pack: Callable[[bytes], bytes]
) -> None:
    whole = content(file.path)
    ends = [len(whole) * part // MEMBERS for part in range(MEMBERS + 1)]
    packed = b"".join(pack(whole[start:end]) for start, end in itertools.pairwise(ends))

    again = raw_of(packed, file.format)

    assert recognise(Source("packed", packed)).id == file.format
    assert difference(raw_bags(again), raw_bags(raw_trace(file))) == {}


@every_trace
def test_its_raw_tables_are_the_declared_ones(file: TraceFile) -> None:
    for name, declared in RAW_TABLES.items():
        _check(declared, getattr(raw_trace(file), name))


@every_trace
def test_its_tables_are_the_declared_ones(file: TraceFile) -> None:
    for declared in TRACE_TABLES:
        _check(declared, getattr(trace(file), declared.name))


def _check(declared: Table, table: pa.Table) -> None:
    assert table.schema.equals(declared.arrow), declared.name
    empty = [c.name for c in declared.columns if not c.nullable and table[c.name].null_count]
    assert empty == [], f"nulls in {declared.name}"
    for column in declared.columns:
        if column.words:
            said = set(frame(table)[column.name].cast(pl.String).to_list()) - {None}
            assert said <= {word.value for word in column.words}, f"{declared.name}.{column.name}"


@every_trace
def test_it_survives_parquet(file: TraceFile, tmp_path: Path) -> None:
    save(trace(file), tmp_path / "saved")

    assert difference(all_bags(load(tmp_path / "saved")), all_bags(trace(file))) == {}


@every_trace
def test_no_span_ends_before_it_starts(file: TraceFile) -> None:
    for table in (raw_trace(file).spans, trace(file).spans):
        backwards = frame(table).filter(pl.col("end_ns") < pl.col("start_ns"))
        assert backwards.rows(named=True) == []


@every_trace
def test_no_count_and_no_duration_is_negative(file: TraceFile) -> None:
    for table in (raw_trace(file).spans, trace(file).spans):
        lowest = frame(table).select(pl.selectors.integer().min()).row(0, named=True)
        assert {name: value for name, value in lowest.items() if value is not None and value < 0} == {}


@every_trace
def test_what_is_known_has_its_evidence_and_nothing_else_has(file: TraceFile) -> None:
    for table in (raw_trace(file).spans, trace(file).spans):
        for of in ("queue", "prefill", "first_token", "decode"):
            _check_evidence(frame(table), of)


@every_trace
def test_the_bounds_that_a_source_states_have_their_evidence(file: TraceFile) -> None:
    for of in ("start", "end"):
        _check_evidence(frame(raw_trace(file).spans), of)


def _check_evidence(spans: pl.DataFrame, of: str) -> None:
    told = pl.col(f"{of}_evidence").fill_null("unknown") != "unknown"
    known = pl.col(f"{of}_ns").is_not_null()
    assert spans.filter(known != told).rows(named=True) == []


@every_trace
def test_cached_tokens_are_part_of_the_prompt(file: TraceFile) -> None:
    spans = frame(trace(file).spans)

    assert spans.filter(pl.col("cache_read_tokens") > pl.col("input_tokens")).rows(named=True) == []


@every_trace
def test_spans_and_agents_are_numbered_densely_within_their_session(file: TraceFile) -> None:
    for table, number in ((trace(file).spans, "span"), (trace(file).agents, "agent")):
        counted = (
            frame(table)
            .group_by("session")
            .agg(pl.len(), last=pl.col(number).max(), different=pl.col(number).n_unique())
        )
        assert counted.filter(
            (pl.col("different") != pl.col("len")) | (pl.col("last") + 1 != pl.col("len"))
        ).is_empty()


@every_trace
def test_what_a_row_points_at_is_there(file: TraceFile) -> None:
    read = trace(file)
    spans = frame(read.spans).select("session", "span")
    pointers = {
        "spans": ("parent",),
        "marks": ("span", "refers_to"),
        "links": ("from_span", "to_span"),
        "prefixes": ("span",),
        "agents": ("span", "spawning_span"),
    }
    for table, columns in pointers.items():
        for column in columns:
            named = frame(getattr(read, table)).drop_nulls(column)
            lost = named.join(spans, left_on=["session", column], right_on=["session", "span"], how="anti")
            assert lost.is_empty(), f"{table}.{column}"
