"""A table tells what the same records tell as JSON."""

from pathlib import Path

import pytest

import agenttrace

SAMPLES = Path(__file__).parents[2] / "sample_traces"
PLACES = {"source_id", "source", "line", "path"}


@pytest.mark.parametrize(
    ("table", "records"),
    [
        ("langfuse/observations.csv", "langfuse/observations.jsonl"),
        ("phoenix/data-frame.csv", "phoenix/spans.jsonl"),
        ("logfire/rows.csv", "logfire/rows.json"),
    ],
)
def test_a_table_is_read_as_its_records_are(table: str, records: str) -> None:
    found, expected = (agenttrace.read(SAMPLES / name) for name in (table, records))

    for name in ("spans", "agents", "links", "marks", "sessions"):
        rows, others = (
            [{key: value for key, value in row.items() if key not in PLACES} for row in of.to_pylist()]
            for of in (getattr(found, name), getattr(expected, name))
        )
        assert rows == others, name
    assert found.spans.num_rows > 5
