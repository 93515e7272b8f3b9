"""The cases by which other tools test themselves: Jaeger UI's nine and CRISP's thirty-three."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from unit.critical_path.jaeger import US, trace_from
from unit.critical_path.paths import backwards, segments_of

CRISP = [
    *(str(number) for number in range(1, 26)),
    *(f"err_pattern{a}/err{b}" for a in range(1, 5) for b in (1, 2)),
]
OVERLAP = "CRISP lets siblings that overlap by 1 % of their parent follow one another"
DEVIATIONS: dict[str, tuple[str, dict[str, int]]] = {
    "10": (OVERLAP, {"[S1] O1": 500, "[S2] O2": 200, "[S4] O4": 300}),
    "19": (OVERLAP, {"[S1] O1": 100, "[S2] O2": 200, "[S4] O4": 300}),
    "20": (OVERLAP, {"[S1] O1": 100, "[S2] O2": 200, "[S4] O4": 300}),
    "21": (OVERLAP, {"[S1] O1": 100, "[S2] O2": 200, "[S4] O4": 300}),
}


@pytest.mark.parametrize("number", range(1, 10))
def test_jaeger_ui(shared_data: Path, number: int) -> None:
    case = _load(shared_data / "critical-path" / "jaeger-ui" / f"test{number}.json")
    given = case["input_jaeger_trace"]
    trace = trace_from(given["spans"], given["processes"])
    names = dict(zip(trace.spans["span"].to_pylist(), trace.spans["source_id"].to_pylist(), strict=True))
    sections = [
        (names[row["span"]], row["start_ns"] // US, row["end_ns"] // US)
        for row in reversed(segments_of(trace))
    ]

    expected = [(one["spanID"], one["sectionStart"], one["sectionEnd"]) for one in case["expected_sections"]]
    assert sections == expected


@pytest.mark.parametrize("name", CRISP)
def test_crisp(shared_data: Path, name: str) -> None:
    case = _load(shared_data / "critical-path" / "crisp" / f"{name}.json")
    exclusive: Counter[str] = Counter()
    for given in case["data"]:
        for section, start, end in backwards(trace_from(given["spans"], given["processes"]), US):
            exclusive[section] += end - start

    testing = case["testing"][0] if isinstance(case["testing"], list) else case["testing"]
    expected = testing.get("opTimeExclusive", testing)
    reason, ours = DEVIATIONS.get(name, ("", expected))
    assert exclusive == Counter({op: time for op, time in ours.items() if time}), reason
    assert bool(reason) == (ours != expected)


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
