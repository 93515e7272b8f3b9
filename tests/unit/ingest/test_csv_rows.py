"""Rows of a table are records; a damaged row costs itself."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.errors import InputError
from agenttrace.ingest.csv_rows import columns_of, read_rows
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

SAMPLES = Path(__file__).parents[3] / "sample_traces"
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12)


def _read(
    content: bytes,
) -> tuple[list[tuple[int | None, dict[str, str]]], list[tuple[str, int, int | None]]]:
    recorder = Recorder()
    rows = [(line, row) for line, row in read_rows(Source("by hand", content), recorder)]
    findings = recorder.trace().findings.to_pylist()
    return rows, [(found["code"], found["count"], found["line"]) for found in findings]


def test_a_row_is_where_it_begins_whatever_lines_its_cells_have() -> None:
    rows, findings = _read(b'\xef\xbb\xbf"a","b"\n"1","x\ny"\n\n2,"say ""so"""\n3,\n')

    assert rows == [(2, {"a": "1", "b": "x\ny"}), (5, {"a": "2", "b": 'say "so"'}), (6, {"a": "3"})]
    assert findings == []


def test_a_row_with_other_cells_than_names_is_lost_and_told() -> None:
    rows, findings = _read(b"a,b\n1,2\n1,2,3\n4\n5,6\n")

    assert [row for _, row in rows] == [{"a": "1", "b": "2"}, {"a": "5", "b": "6"}]
    assert findings == [("broken_row", 2, 3)]


def test_a_row_that_is_cut_off_is_no_damage_of_the_others() -> None:
    rows, findings = _read(b'a,b\n1,2\n3,"4')
    torn, told = _read(b"a,b\n1,2\n3")

    assert rows == [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]
    assert findings == []
    assert torn == [(2, {"a": "1", "b": "2"})]
    assert told == [("torn_last_line", 1, 3)]


def test_a_compressed_file_that_ends_early_gives_what_it_has() -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(20_000)))

    rows, findings = _read(whole[: len(whole) // 2])

    assert 1_000 < len(rows) < 20_000
    assert "damaged_end" in [code for code, *_ in findings]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agenttrace.ingest.lines.LONGEST_LINE_BYTES", 1 << 21)

    with pytest.raises(InputError, match="one line of more than"):
        _read(b"a,b\n" + b"x" * (3 << 20))


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"a": 1, "b": 2}\n', b"[1, 2]\n", b"one name\n", b"a,b"])
def test_what_is_no_table_has_no_columns(content: bytes) -> None:
    assert columns_of(Head(content)) == frozenset()


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_what_python_writes_is_read(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("a", "b"))
    writer.writerows(rows)

    read, findings = _read(out.getvalue().encode())

    assert [row for _, row in read] == [{k: v for k, v in zip("ab", row, strict=True) if v} for row in rows]
    assert findings == []


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(content: bytes) -> None:
    recorder = Recorder()
    rows = list(read_rows(Source("by hand", b"a,b\n" + content), recorder))

    assert all(row.keys() <= {"a", "b"} for _, row in rows)
