"""The traces by which CRISP and Jaeger UI test themselves, through the front door.

Within the bounds of the root the path is theirs; what starts before it or runs on after it is shown by
us besides (a session is all that happened) and left out by them.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from unit.critical_path.test_peers import CRISP, DEVIATIONS

US = 1_000
Section = tuple[str, int, int]


@pytest.mark.parametrize("number", range(1, 10))
def test_jaeger_ui(shared_data: Path, tmp_path: Path, number: int) -> None:
    case = json.loads((shared_data / "critical-path" / "jaeger-ui" / f"test{number}.json").read_text())
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(case["input_jaeger_trace"]))

    expected = [(one["spanID"], one["sectionStart"], one["sectionEnd"]) for one in case["expected_sections"]]
    assert list(reversed(_within_root(file, case["input_jaeger_trace"], 0))) == expected


@pytest.mark.parametrize("name", CRISP)
def test_crisp(shared_data: Path, name: str) -> None:
    file = shared_data / "critical-path" / "crisp" / f"{name}.json"
    case = json.loads(file.read_text())
    (trace,) = case["data"]
    names = {
        span[
            "spanID"
        ].lower(): f"[{trace['processes'][span['processID']]['serviceName']}] {span['operationName']}"
        for span in trace["spans"]
    }
    exclusive: Counter[str] = Counter()
    for span, start, end in _within_root(file, trace, 1):
        exclusive[names[span.lower()]] += end - start

    testing = case["testing"][0] if isinstance(case["testing"], list) else case["testing"]
    reason, expected = DEVIATIONS.get(name, ("", testing.get("opTimeExclusive", testing)))
    assert exclusive == Counter({op: time for op, time in expected.items() if time}), reason


def _within_root(file: Path, trace: dict[str, Any], shift_us: int) -> list[Section]:
    """Segments in microseconds, from start to end; `shift_us`: what the reader adds to times from 0."""
    read_ = read(file)
    spans = read_.spans.to_pylist()
    names = {row["span"]: (row["source_id"] or "").partition("/")[2] for row in spans}
    root = next(span for span in trace["spans"] if not _has_parent(span, trace))
    low = root["startTime"] + shift_us
    high = low + root["duration"]
    sections = []
    for row in analyze(read_).segments.sort("start_ns").iter_rows(named=True):
        start, end = max(row["start_ns"] // US, low), min(row["end_ns"] // US, high)
        if start < end:
            sections.append((names[row["span"]], start, end))
    return sections


def _has_parent(span: dict[str, Any], trace: dict[str, Any]) -> bool:
    known = {other["spanID"] for other in trace["spans"]}
    return any(reference["spanID"] in known for reference in span.get("references", ()))
