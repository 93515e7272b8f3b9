"""One row a session."""

import csv
import io

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


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    row = session_row("=1+1", {Phase.TOOL: S}, source="@SUM(A1)", source_id="-x\n")
    (told,) = _rows(to_csv(analysis_of([row]), labels={"k": "+1"}))
    assert [told[name] for name in ("session_id", "source", "source_id", "label_k")] == [
        "'=1+1",
        "'@SUM(A1)",
        "'-x\n",
        "'+1",
    ]
