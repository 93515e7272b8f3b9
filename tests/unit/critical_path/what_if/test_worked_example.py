"""The figures of the worked example in docs/explanation/critical-path.md."""

from __future__ import annotations

import re
from pathlib import Path

import agenttrace
from agenttrace.model.rules import RULES
from agenttrace.units import format_duration

ROOT = Path(__file__).resolve().parents[4]
TRACE = ROOT / "sample_traces" / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz"
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)


def test_the_worked_example_says_what_comes_out() -> None:
    page = (ROOT / "docs" / "explanation" / "critical-path.md").read_text(encoding="utf-8")
    told = {change: (wall, saved) for change, wall, saved in ROW.findall(page)}
    assert len(told) == 9
    trace = agenttrace.read(TRACE)
    answers = agenttrace.analyze(trace, list(told)).what_if.filter(session="A-s003:main")
    found = {
        row["change"]: (format_duration(row["wall_ns"]), format_duration(row["saved_ns"]))
        for row in answers.iter_rows(named=True)
    }
    assert found == told


def test_the_rules_of_inference_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "explanation" / "critical-path.md").read_text(encoding="utf-8")
    for rule in RULES:
        trust = "unknown" if rule.confidence is None else f"{rule.confidence:.0%}".replace("%", " %")
        assert f"| {rule.name} | {trust} |" in page
