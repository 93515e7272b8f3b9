"""One row a session."""

import csv
import io

import pytest

from agenttrace.model.vocabulary import Phase
from agenttrace.report.as_csv import to_csv
from unit.report.analyses import S, analysis_of, many_sessions, session_row


def _rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode())))


def test_each_session_is_a_row_and_null_an_empty_cell() -> None:
    rows = _rows(to_csv(many_sessions(3), labels={"build": "a"}))
    assert [row["session_id"] for row in rows] == ["run-000", "run-001", "run-002"]
    assert rows[0]["cache_write_tokens"] == ""
    assert rows[0]["path_decode_ns"] == str(7 * S)
    assert rows[0]["label_build"] == "a"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+1", "'+1"),
        ("-x", "'-x"),
        ("  =1+1", "'  =1+1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("\t=1", r"\t=1"),
        ("-x\r\n", r"'-x\r\n"),
        ("\x1b[31m\x00", r"\x1b[31m\x00"),
        ("run\u202e\u200b", r"run\u202e\u200b"),
        ('a,"b"', 'a,"b"'),
    ],
)
def test_text_in_a_cell_is_seen_and_computes_nothing(text: str, told: str) -> None:
    row = session_row(text, {Phase.TOOL: S}, source=text, source_id=text)
    table = to_csv(analysis_of([row]), labels={"k": text})
    (found,) = _rows(table)
    assert [found[name] for name in ("session_id", "source", "source_id", "label_k")] == [told] * 4
    assert table.count(b"\n") == 2
