"""What docs/how-to/write-a-converter.md says of its converter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema

from documents.installed import agenttrace
from documents.pages import block
from house.repository import ROOT

PAGE = "docs/how-to/write-a-converter.md"
SCHEMA = json.loads((ROOT / "schemas" / "spans-jsonl.schema.json").read_text())
S = 10**9


def test_the_converter_of_the_page_writes_what_the_schema_says(tmp_path: Path) -> None:
    script = tmp_path / "convert.py"
    script.write_text(block(PAGE, "python"))
    log = block(PAGE, "jsonl")

    done = subprocess.run([sys.executable, script], input=log, capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    assert len(lines) == len(log.splitlines())
    session = tmp_path / "session.jsonl"
    session.write_text(done.stdout)
    done = agenttrace("analyze", session, "--strict", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    (told,) = json.loads(done.stdout)["sessions"]
    assert told["wall_ns"] == 11_200_000_000
    path = {phase: time for phase, time in told["critical_path_ns"].items() if time}
    assert path == {"model": 6 * S, "tool": 5 * S, "harness": S // 5}
    assert (told["counts"]["requests"], told["counts"]["tool_calls"]) == (2, 2)
    assert told["inferred_path_ns"] < told["wall_ns"]


def test_the_converter_is_short() -> None:
    assert len(block(PAGE, "python").splitlines()) <= 20
