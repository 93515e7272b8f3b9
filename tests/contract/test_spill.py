"""However little memory there is, sessions are the same: what lies on disk comes back as it was."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest

from agenttrace.ingest import recorder
from agenttrace.ingest.assembly import store
from agenttrace.ingest.reading import Reading, read
from contract.table_rows import SUBSTANCE, Row, bag, difference, substance
from contract.trace_files import SAMPLES

INPUTS = {
    "two runs, three views each": [
        SAMPLES / "dynamo-captures" / run / view
        for run in "AB"
        for view in ("request-trace.000000.jsonl.gz", "otlp-traces.pb.gz", "harness-otlp-traces.pb.gz")
    ],
    "a project of transcripts": [SAMPLES / "claude-code" / "33min-project"],
    "all samples": [SAMPLES],
}
NOT_OF_THE_WHOLE = frozenset({"line", "source", "sources", "dialects"})


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("rows", [10, 500])
def test_sessions_are_the_same_whatever_lies_on_disk(
    name: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUCKET_ROWS", rows)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    monkeypatch.setattr(recorder, "_DRAINED_ROWS", rows)
    found: dict[str, Counter[Row]] = {table: Counter() for table in SUBSTANCE}
    pieces = 0
    with Reading(INPUTS[name], memory_bytes=1) as reading:
        for trace in reading.traces():
            pieces += 1
            for table in SUBSTANCE:
                found[table] += bag(getattr(trace, table), NOT_OF_THE_WHOLE)
        findings = bag(reading.findings(), {"line", "example"})

    whole = read(INPUTS[name])
    assert difference(found, substance(whole)) == {}
    assert findings == bag(whole.findings, {"line", "example"})
    assert pieces > 1 or name == "a project of transcripts"


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Reading(INPUTS["a project of transcripts"], memory_bytes=1) as reading:
        next(reading.traces())
        assert list(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []
