"""Values of any type in any field of any format are survived: what they cost is told by the tests of each."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.errors import AgentTraceError
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import with_wrong_values

SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"
LARGEST = 64 << 10
COPIES = 25


def _values(file: Path) -> list[Any]:
    """The JSON values of a small file: one document, or one in each line; none of any other file."""
    if file.stat().st_size > LARGEST:
        return []
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    try:
        return [json.loads(text)]
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []


def _format_of(file: Path) -> str:
    try:
        return recognise(Source(str(file))).id
    except AgentTraceError:
        return ""


FILES = [
    file for file in sorted(SAMPLES.glob("*/**/*")) if file.is_file() and _values(file) and _format_of(file)
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SAMPLES)))
def test_no_value_of_any_type_makes_a_reader_fail(file: Path) -> None:
    format_id = _format_of(file)
    values, chance = _values(file), Random(file.name)
    for number in range(COPIES):
        spoilt = chance.randrange(len(values))
        (damaged,) = with_wrong_values(values[spoilt], number, 1)
        records = [*values[:spoilt], damaged, *values[spoilt + 1 :]]
        content = b"\n".join(json.dumps(record).encode() for record in records) + b"\n"
        recorder = Recorder()
        format_by_id(format_id).read(Source("damaged", content), recorder)
        recorder.trace()
